import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink, toNumber } from './pointSink.js';
import type { Source } from './source.js';
import { textLines } from './textLines.js';

// A reader of our own: three's OBJLoader and @loaders.gl/obj keep 32 bits of a number, and build the whole mesh.

/** What may follow x, y and z, by the number of words in a line. */
const extras: Readonly<Record<number, readonly string[]>> = {
  3: [],
  4: ['w'],
  6: ['red', 'green', 'blue'],
  7: ['w', 'red', 'green', 'blue'],
};

/** Streams the vertices ("v" lines) of a Wavefront OBJ file into a point cloud; what stands behind x, y, z can be chosen. */
export async function readObj(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  let sink: PointSink | undefined;
  let width = 0;
  const onLine = (line: string, number: number): void => {
    const words = line.trim().split(/\s+/);
    if (words[0] !== 'v') return;
    const comment = words.findIndex((word) => word.startsWith('#'));
    const cells = words.slice(1, comment < 0 ? undefined : comment);
    if (!Object.hasOwn(extras, cells.length))
      throw new InputError(`${file}: line ${number}: a vertex has ${cells.length} numbers; expected x, y and z`);
    if (!sink) {
      width = cells.length;
      sink = pointSink(file, ['x', 'y', 'z', ...extras[width]], choice, { defaults: ['x', 'y', 'z'] });
    }
    if (cells.length !== width && choice.columns !== undefined)
      throw new InputError(`${file}: line ${number}: a vertex has ${cells.length} numbers and the first has ${width}`);
    if (extras[cells.length][0] === 'w' && !choice.columns && toNumber(cells[3]) !== 1) {
      throw new InputError(
        `${file}: line ${number}: the vertex has the weight ${cells[3]} as its fourth number, by which some programs divide; leave it out, or take x, y and z as they are with --columns x,y,z`,
      );
    }
    sink.row(cells, number);
  };
  // A line that ends with \ goes on in the next.
  let open = '';
  let last = 0;
  for await (const { first, lines } of textLines(source)) {
    for (const [i, part] of lines.entries()) {
      const line = open === '' ? part : open + part;
      last = first + i;
      const goesOn = line.endsWith('\\');
      open = goesOn ? `${line.slice(0, -1)} ` : '';
      if (!goesOn) onLine(line, last);
    }
  }
  onLine(open, last);
  if (!sink) throw new InputError(`${file}: it has no vertices (no line begins with "v")`);
  return sink.finish();
}

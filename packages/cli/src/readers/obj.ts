import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink } from './pointSink.js';
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
  // A line that ends with \ goes on in the next.
  let open = '';
  for await (const { first, lines } of textLines(source)) {
    for (const [i, part] of lines.entries()) {
      const line = open === '' ? part : open + part;
      if (line.endsWith('\\')) {
        open = `${line.slice(0, -1)} `;
        continue;
      }
      open = '';
      const words = line.trim().split(/\s+/);
      if (words[0] !== 'v') continue;
      const number = first + i;
      const comment = words.findIndex((word) => word.startsWith('#'));
      const cells = words.slice(1, comment < 0 ? undefined : comment);
      if (!sink) {
        width = cells.length;
        if (!Object.hasOwn(extras, width))
          throw new InputError(`${file}: line ${number}: a vertex has ${width} numbers; expected x, y and z`);
        sink = pointSink(file, ['x', 'y', 'z', ...extras[width]], choice, { defaults: ['x', 'y', 'z'] });
      }
      if (cells.length < 3 || (cells.length !== width && choice.columns !== undefined))
        throw new InputError(
          `${file}: line ${number}: a vertex has ${cells.length} numbers and the first has ${width}`,
        );
      sink.row(cells, number);
    }
  }
  if (!sink) throw new InputError(`${file}: it has no vertices (no line begins with "v")`);
  return sink.finish();
}

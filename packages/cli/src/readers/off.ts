import { InputError } from '../inputError.js';
import { possibleRows } from './binaryRows.js';
import type { ColumnChoice } from './columnChoice.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink, toNumber } from './pointSink.js';
import type { Source } from './source.js';
import { textLines } from './textLines.js';

// A reader of our own: neither three nor @loaders.gl has one for OFF.

const xyz = ['x', 'y', 'z'];

/** Streams the vertices of an OFF file (also COFF, NOFF, STOFF, 4OFF) in text into a point cloud of x, y and z. */
export async function readOff(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  let sink: PointSink | undefined;
  let hasKeyword = false;
  let has4 = false;
  let count = 0;
  let found = 0;
  let faces = 0;
  let width = 0;

  /** Takes the keyword off the first line; some files have the counts right behind it. */
  const withoutKeyword = (line: string): string => {
    const match = /^(ST)?(C)?(N)?(4)?(n)?OFF/.exec(line);
    if (!match) throw new InputError(`${file}: it is no OFF file (its first line is not OFF)`);
    if (match[5]) throw new InputError(`${file}: nOFF, of any dimension, cannot be read; save it as OFF`);
    const rest = line.slice(match[0].length).trim();
    hasKeyword = true;
    has4 = match[4] !== undefined;
    return rest;
  };
  const countOf = (word: string, number: number): number => {
    const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    throw new InputError(`${file}: line ${number}: the count "${word}" is not a whole number of 0 or more`);
  };

  // Before it is taken for text.
  if (/^(ST)?C?N?4?n?OFF[ \t]+BINARY\b/i.test((await source.peek(64)).toString('latin1')))
    throw new InputError(`${file}: binary OFF cannot be read; save it as text`);
  for await (const { first, lines } of textLines(source)) {
    for (const [i, whole] of lines.entries()) {
      const number = first + i;
      let line = whole.replace(/#.*/, '').trim();
      if (line === '') continue;
      if (!hasKeyword) {
        line = withoutKeyword(line);
        if (line === '') continue;
      }
      const words = line.split(/\s+/);
      if (!sink) {
        const counts = words.map((word) => countOf(word, number));
        if (counts.length > 3)
          throw new InputError(
            `${file}: line ${number}: it has ${counts.length} counts; expected vertices, faces, edges`,
          );
        [count, faces = 0] = counts;
        const names = has4 ? [...xyz, 'w'] : xyz;
        sink = pointSink(file, names, choice, { defaults: xyz, rows: possibleRows(source, count, 2 * names.length) });
        continue;
      }
      if (found === count && faces > 0 && isFace(words, count)) return sink.finish();
      if (found === count)
        throw new InputError(`${file}: line ${number}: its header promises ${count} vertices and it holds more`);
      if (found === 0) width = words.length;
      if (words.length !== width)
        throw new InputError(
          `${file}: line ${number}: a vertex has ${words.length} numbers and the first has ${width}`,
        );
      if (width < (has4 ? 4 : 3))
        throw new InputError(`${file}: line ${number}: a vertex has ${words.length} numbers; expected ${has4 ? 4 : 3}`);
      if (has4 && !choice.columns && toNumber(words[3]) !== 1)
        throw new InputError(
          `${file}: line ${number}: the vertex is to be divided by its last number (${words[3]}); save it with three, or take x, y and z as they are with --columns x,y,z`,
        );
      found++;
      sink.row(words, number);
    }
  }
  if (!sink) throw new InputError(`${file}: it has no line of counts; is it cut short?`);
  if (found < count)
    throw new InputError(`${file}: its header promises ${count} vertices and it holds ${found}; is it cut short?`);
  return sink.finish();
}

/** Whether a line can be a face: how many corners it has, and which vertices they are; a colour may follow. */
function isFace([corners, ...others]: readonly string[], vertices: number): boolean {
  const count = Number(corners);
  const indices = others.slice(0, count);
  const isIndex = (word: string): boolean => /^\d+$/.test(word) && Number(word) < vertices;
  return /^\d+$/.test(corners) && count >= 1 && indices.length === count && indices.every(isIndex);
}

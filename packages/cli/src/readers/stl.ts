import { InputError } from '../inputError.js';
import { formatNumber } from '../writers/numbers.js';
import { readBinaryRows } from './binaryRows.js';
import type { ColumnChoice } from './columnChoice.js';
import { distinctVertices } from './distinctVertices.js';
import type { Cell, Field } from './numberTypes.js';
import type { PointCloud } from './pointCloud.js';
import { pointSink, toNumber } from './pointSink.js';
import type { Source } from './source.js';
import { textLines } from './textLines.js';

// A reader of our own: three's STLLoader keeps 32 bits of a number, the whole file, and every corner.

const headBytes = 84;
const triangleBytes = 50;

/**
 * Reads the vertices of an STL file, text or binary, into a point cloud of x, y and z.
 *
 * The file repeats a vertex for each triangle that meets in it; in the cloud each distinct vertex is one point.
 */
export async function readStl(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const sink = pointSink(source.name, ['x', 'y', 'z'], choice);
  const head = await source.peek(1024);
  const isInText = isText(source, head);
  const vertices = distinctVertices(isInText ? 'float64' : 'float32');
  const onCorner = (cells: readonly unknown[], line?: number): void => {
    const [x, y, z] = cells.map(toNumber);
    // What is no number is the sink's to judge.
    if (Number.isNaN(x + y + z) || vertices.add(x, y, z)) sink.row(cells, line);
  };
  const corners = isInText ? await readText(source, onCorner) : await readBinary(source, onCorner);
  return sink.finish([
    `${source.name}: the ${corners} corners of its triangles are ${vertices.size} vertices, one point each`,
  ]);
}

/** Binary files may begin with "solid" as well: then the size decides, or else what follows. */
function isText(source: Source, head: Buffer): boolean {
  const text = head.toString('latin1');
  if (!/^\s*solid\b/i.test(text)) return false;
  if (head.length >= headBytes && source.size === headBytes + triangleBytes * head.readUInt32LE(80)) return false;
  return /\b(facet|endsolid)\b/i.test(text) || !text.includes('\0');
}

async function readText(source: Source, onCorner: (cells: string[], line: number) => void): Promise<number> {
  let corners = 0;
  let isWhole = false;
  for await (const { first, lines } of textLines(source)) {
    for (const [i, line] of lines.entries()) {
      const words = line.trim().split(/\s+/);
      const keyword = words[0].toLowerCase();
      if (keyword === 'endsolid') isWhole = true;
      else if (keyword === 'solid') isWhole = false;
      if (keyword !== 'vertex') continue;
      if (words.length !== 4) {
        throw new InputError(`${source.name}: line ${first + i}: a vertex has ${words.length - 1} numbers; expected 3`);
      }
      corners++;
      onCorner(words.slice(1), first + i);
    }
  }
  if (!isWhole) throw new InputError(`${source.name}: it has no line "endsolid"; is it cut short?`);
  if (corners % 3 !== 0) {
    throw new InputError(
      `${source.name}: it has ${corners} corners, which are no whole triangles; is a vertex missing?`,
    );
  }
  return corners;
}

async function readBinary(source: Source, onCorner: (cells: readonly Cell[]) => void): Promise<number> {
  const file = source.name;
  const head = await source.take(headBytes);
  if (head.length < headBytes)
    throw new InputError(`${file}: it is no STL file (neither "solid" nor 84 bytes of a header); is it cut short?`);
  const count = head.readUInt32LE(80);
  if (source.size !== undefined && source.size !== headBytes + triangleBytes * count) {
    const room = (source.size - headBytes) / triangleBytes;
    throw new InputError(
      `${file}: its header promises ${count} triangles and there is room for ${formatNumber(room)}; is it cut short, or no STL?`,
    );
  }
  // A triangle is its normal, three corners, and two bytes more.
  const fields = Array.from(
    { length: 9 },
    (_, k): Field => ({ type: 'float32', offset: 12 + 4 * k, littleEndian: true }),
  );
  const found = await readBinaryRows(source, count, triangleBytes, fields, (cells) => {
    for (let corner = 0; corner < 9; corner += 3) onCorner(cells.slice(corner, corner + 3));
  });
  if (found < count || (await source.peek(1)).length > 0) {
    const what = found < count ? `it holds ${found}` : 'more bytes follow them';
    throw new InputError(`${file}: its header promises ${count} triangles and ${what}; is it cut short, or no STL?`);
  }
  return 3 * count;
}

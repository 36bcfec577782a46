import { type Cell, type Field, numberReader, viewOf } from './numberTypes.js';
import type { Source } from './source.js';

/** Bytes that are read at once, some milliseconds of work. */
const bytesAtOnce = 1 << 16;

/**
 * Reads rows of equal length; `onRow` gets the fields of each, in an array that is used again.
 *
 * @returns the number of whole rows that were there: fewer than `count` when the source ends early.
 */
export async function readBinaryRows(
  source: Source,
  count: number,
  rowBytes: number,
  fields: readonly Field[],
  onRow: (cells: readonly Cell[]) => void,
): Promise<number> {
  const readers = fields.map(({ type, littleEndian }) => numberReader(type, littleEndian));
  const offsets = fields.map(({ offset }) => offset);
  const cells = new Array<Cell>(fields.length);
  const rowsAtOnce = Math.max(1, Math.floor(bytesAtOnce / rowBytes));
  for (let done = 0; done < count; ) {
    const bytes = await source.take(Math.min(rowsAtOnce, count - done) * rowBytes);
    const view = viewOf(bytes);
    const rows = Math.floor(bytes.length / rowBytes);
    for (let row = 0; row < rows; row++) {
      for (let f = 0; f < readers.length; f++) cells[f] = readers[f](view, row * rowBytes + offsets[f]);
      onRow(cells);
    }
    done += rows;
    if (rows === 0 || bytes.length % rowBytes !== 0) return done;
  }
  return count;
}

/** At most how many rows there can be: what a header promises, or what the source's bytes allow. */
export function possibleRows(source: Source, promised: number, rowBytes: number): number | undefined {
  return source.atMost === undefined ? undefined : Math.min(promised, Math.ceil(source.atMost / rowBytes));
}

import { InputError } from '../inputError.js';
import type { Kind } from './readPoints.js';
import type { Source } from './source.js';

/** How files begin that have something else in them than text, and what to do about it. */
const beginnings: readonly [start: string, kind: Kind | undefined, remedy: string][] = [
  ['\x1f\x8b', undefined, 'it is zipped; unzip it, or let its name end in .gz once for each time'],
  ['\x93NUMPY', 'npy', 'it is an array of NumPy; say --format npy'],
  ['PK\x03\x04', 'npz', 'it is a zip archive; say --format npz if NumPy wrote it, and save a spreadsheet as CSV'],
  ['PAR1', 'parquet', 'it is a Parquet file; say --format parquet'],
  ['%PDF-', undefined, 'it is a PDF document; save its table as CSV'],
  ['\x89PNG', undefined, 'it is a picture; name a file of points'],
];

/** Refuses a file whose first bytes are those of another kind than it is read as. */
export async function checkFirstBytes(source: Source, kind: Kind): Promise<void> {
  // A binary STL begins with 80 bytes of anything.
  if (kind === 'stl') return;
  const start = (await source.peek(8)).toString('latin1');
  const found = beginnings.find(([beginning, own]) => own !== kind && start.startsWith(beginning));
  if (found) throw new InputError(`${source.name}: ${found[2]}`);
}

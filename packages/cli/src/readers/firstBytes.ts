import { InputError } from '../inputError.js';
import type { Kind } from './readers.js';
import type { Source } from './source.js';

const noPoints = (what: string): string => `it is ${what}; name a file of points`;

/** How files begin that have something else in them than a table or points in text, and what to do about it. */
const beginnings: readonly [start: RegExp | readonly string[], kind: Kind | undefined, remedy: string][] = [
  [['\x1f\x8b'], undefined, 'it is zipped; unzip it, or let its name end in .gz once for each time'],
  [['BZh', '\xfd7zXZ', '7z\xbc\xaf', '\x28\xb5\x2f\xfd', 'Rar!\x1a'], undefined, 'it is packed; unpack it'],
  [['\x93NUMPY'], 'npy', 'it is an array of NumPy; say --format npy'],
  [['PK\x03\x04'], 'npz', 'it is a zip archive; say --format npz if NumPy wrote it, and save a spreadsheet as CSV'],
  [['PAR1'], 'parquet', 'it is a Parquet file; say --format parquet'],
  [/^ply\s+(format|comment|obj_info)\s/, 'ply', 'it is a PLY file; say --format ply'],
  [['# .PCD '], 'pcd', 'it is a PCD file; say --format pcd'],
  [['\xd0\xcf\x11\xe0'], undefined, 'it is a spreadsheet or document of Office; save its table as CSV'],
  [['%PDF-'], undefined, 'it is a PDF document; save its table as CSV'],
  [['\x89PNG', '\xff\xd8\xff', 'GIF8', 'II*\0', 'MM\0*'], undefined, noPoints('a picture')],
  [['\x89HDF'], undefined, 'it is an HDF5 file, which cannot be read; save the array as .npy'],
  [['LASF'], undefined, 'it is a LAS file, which cannot be read; save its points as .ply, .pcd or .xyz'],
  [['SQLite format 3'], undefined, 'it is a database; save the table as CSV'],
  [/^\s*<(!doctype html|html)\b/i, undefined, noPoints('a web page')],
  [/^\s*<\?xml\b/i, undefined, 'it is XML, which cannot be read; save its points as CSV'],
];

/** Refuses a file whose first bytes are those of another kind than it is read as. */
export async function checkFirstBytes(source: Source, kind: Kind): Promise<void> {
  // A binary STL begins with 80 bytes of anything.
  if (kind === 'stl') return;
  const start = (await source.peek(64)).toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const begins = (how: RegExp | readonly string[]): boolean =>
    how instanceof RegExp ? how.test(start) : how.some((text) => start.startsWith(text));
  const found = beginnings.find(([beginning, own]) => own !== kind && begins(beginning));
  if (found) throw new InputError(`${source.name}: ${found[2]}`);
}

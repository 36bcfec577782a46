import { InputError } from '../inputError.js';
import { checkFile } from './openFile.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';

type Reader = (file: string, choice: ColumnChoice, signal?: AbortSignal) => Promise<PointCloud>;

// Each reader is loaded when a file asks for it: the PLY parser alone takes a third of a second.
const readers: Record<string, () => Promise<Reader>> = {
  csv: async () => (await import('./csv.js')).readCsv,
  tsv: async () => {
    const { readCsv } = await import('./csv.js');
    return (file, choice, signal) => readCsv(file, choice, signal, '\t');
  },
  json: async () => (await import('./json.js')).readJson,
  npy: async () => (await import('./npy.js')).readNpy,
  ply: async () => (await import('./ply.js')).readPly,
};

/**
 * Reads a weighted point cloud from a CSV, TSV, JSON, NPY or PLY file, also zipped (.gz); the name's ending says which.
 *
 * @throws InputError naming the file, and where it applies the row, the column and the remedy; the signal's reason when it is
 * aborted.
 */
export async function readPoints(file: string, choice: ColumnChoice = {}, signal?: AbortSignal): Promise<PointCloud> {
  signal?.throwIfAborted();
  await checkFile(file);
  const ending = /\.([a-z0-9]+)(\.gz)?$/i.exec(file)?.[1].toLowerCase() ?? '';
  if (!Object.hasOwn(readers, ending)) {
    const known = Object.keys(readers).map((name) => `.${name}`);
    throw new InputError(
      `${file}: unknown kind of file; the name must end in one of ${known.join(', ')}, perhaps with .gz`,
    );
  }
  const reader = await readers[ending]();
  return reader(file, choice, signal);
}

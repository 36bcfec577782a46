import type { ColumnChoice } from './columnChoice.js';
import type { PointCloud } from './pointCloud.js';
import type { Source } from './source.js';

/** Reads the points of a source. */
export type Reader = (source: Source, choice: ColumnChoice) => Promise<PointCloud>;

// Each reader is loaded when a file asks for it: the libraries of some take longer to load than a small file to read.
export const readers = {
  csv: async () => (await import('./csv.js')).readCsv,
  tsv: async () => {
    const { readCsv } = await import('./csv.js');
    return (source, choice) => readCsv(source, choice, '\t');
  },
  xyz: async () => (await import('./whitespaceTable.js')).readWhitespaceTable,
  json: async () => (await import('./json.js')).readJson,
  jsonl: async () => (await import('./jsonLines.js')).readJsonLines,
  npy: async () => (await import('./npy.js')).readNpy,
  npz: async () => (await import('./npz.js')).readNpz,
  ply: async () => (await import('./ply.js')).readPly,
  pcd: async () => (await import('./pcd.js')).readPcd,
  obj: async () => (await import('./obj.js')).readObj,
  off: async () => (await import('./off.js')).readOff,
  stl: async () => (await import('./stl.js')).readStl,
  parquet: async () => (await import('./parquet.js')).readParquet,
} satisfies Record<string, () => Promise<Reader>>;

/** Kinds of files, as --format names them. */
export type Kind = keyof typeof readers;

/** The kinds of files that can be read. */
export const kinds = Object.keys(readers) as readonly Kind[];

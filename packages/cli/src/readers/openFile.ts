import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '../inputError.js';

/** Refuses what is no readable file with something in it, in words a person can act on. */
export async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(fileProblem(file, error));
  });
  if (found.isDirectory()) throw new InputError(`${file}: it is a folder; name a file in it`);
  if (found.isFile() && found.size === 0) throw new InputError(`${file}: the file is empty`);
}

/** The file's bytes as a stream, unzipped when its name ends in .gz. Read and unzip errors come as InputError. */
export function openFile(file: string): Readable {
  const out = new PassThrough();
  const source = createReadStream(file, { highWaterMark: 1 << 20 });
  const done = file.toLowerCase().endsWith('.gz') ? pipeline(source, createGunzip(), out) : pipeline(source, out);
  // pipeline already destroys `out` with the raw error; readBytes and the CSV reader translate it.
  done.catch(() => {});
  return out;
}

/** All bytes of the file, unzipped when its name ends in .gz. */
export async function readBytes(file: string, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of openFile(file)) {
      signal?.throwIfAborted();
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new InputError(fileProblem(file, error as NodeJS.ErrnoException));
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) throw new InputError(`${file}: the file is empty`);
  return bytes;
}

/** One sentence for an error of the file system or of unzipping. */
export function fileProblem(file: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${file}: no such file`;
    case 'EACCES':
    case 'EPERM':
      return `${file}: no permission to read it`;
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return `${file}: it is damaged or no gzip file (${error.message})`;
    default:
      return `${file}: it cannot be read (${error.message})`;
  }
}

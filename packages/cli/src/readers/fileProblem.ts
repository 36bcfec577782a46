import { stat } from 'node:fs/promises';
import { InputError } from '../inputError.js';

/** Refuses what is no readable file with something in it, in words a person can act on; returns its bytes where they are known. */
export async function checkFile(file: string): Promise<number | undefined> {
  if (file === '') throw new InputError('the name of a file is empty: give one, or - for what is piped in');
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(fileProblem(file, error));
  });
  if (found.isDirectory()) throw new InputError(`${file}: it is a folder; name a file in it`);
  if (found.isFile() && found.size === 0) throw new InputError(`${file}: the file is empty`);
  return found.isFile() ? found.size : undefined;
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

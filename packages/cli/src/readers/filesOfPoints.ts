import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../inputError.js';
import { isReadable } from './readPoints.js';

/**
 * The files of points in a folder, two or more, in the order of their names.
 *
 * @throws InputError naming the folder.
 */
export async function filesOfPoints(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${folder}: it cannot be read as a folder (${error.code ?? error.message})`);
  });
  const names = entries.filter((entry) => entry.isFile() && isReadable(entry.name)).map(({ name }) => name);
  if (names.length < 2)
    throw new InputError(`${folder}: it has ${names.length} files of points; two or more are compared`);
  return names.sort().map((name) => path.join(folder, name));
}

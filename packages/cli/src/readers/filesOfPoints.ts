import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../inputError.js';
import { isReadable } from './readPoints.js';

/**
 * The files of points in a folder, two or more, in the order of their names: links to files are files too, and hidden ones are left out, as shells do.
 *
 * @throws InputError naming the folder, or a link that leads nowhere.
 */
export async function filesOfPoints(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const what =
      error.code === 'ENOTDIR'
        ? 'it is a file; name the folder that it is in'
        : `it cannot be read as a folder (${error.code ?? error.message})`;
    throw new InputError(`${folder}: ${what}`);
  });
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || !isReadable(entry.name)) continue;
    const file = path.join(folder, entry.name);
    const isFile = entry.isSymbolicLink()
      ? await stat(file).then(
          (found) => found.isFile(),
          () => {
            throw new InputError(`${file}: the link leads to no file that can be read; mend it or take it away`);
          },
        )
      : entry.isFile();
    if (isFile) names.push(entry.name);
  }
  if (names.length < 2)
    throw new InputError(
      `${folder}: it has ${names.length === 1 ? '1 file' : `${names.length} files`} of points; two or more are compared`,
    );
  return names.sort().map((name) => path.join(folder, name));
}

import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { filesOfPoints } from '../src/readers/filesOfPoints.js';

async function folderOf(...names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'points-'));
  for (const name of names) await writeFile(join(folder, name), '0,1\n');
  return folder;
}

it('takes files and links to files, by name, and leaves out what is hidden and what is no file', async () => {
  const folder = await folderOf('b.csv', 'a.csv', '._a.csv', '.DS_Store', 'notes.pdf');
  await mkdir(join(folder, 'folder.csv'));
  await symlink(join(folder, 'a.csv'), join(folder, 'c.csv'));
  await symlink(join(folder, 'folder.csv'), join(folder, 'd.csv'));
  const found = await filesOfPoints(folder);
  expect(found.map((file) => basename(file))).toEqual(['a.csv', 'b.csv', 'c.csv']);
});

it('says which link leads nowhere, and that one file is not two', async () => {
  const folder = await folderOf('a.csv');
  await expect(filesOfPoints(folder)).rejects.toThrow(/it has 1 file of points; two or more/);
  await symlink(join(folder, 'gone.csv'), join(folder, 'b.csv'));
  await expect(filesOfPoints(folder)).rejects.toThrow(/b\.csv: the link leads to no file that can be read/);
});

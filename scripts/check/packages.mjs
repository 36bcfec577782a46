/** The packages as they would be published. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reports, root } from './folders.mjs';

const tarballs = join(reports, 'tarballs');

/**
 * Packs every public package.
 * @param {import('./stages.mjs').Run} run
 */
export async function pack(run) {
  await rm(tarballs, { recursive: true, force: true });
  await mkdir(tarballs, { recursive: true });
  for (const name of await readdir(join(root, 'packages'))) {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (!manifest.private) await run('pnpm', ['pack', '--pack-destination', tarballs], { cwd: folder });
  }
}

/** The files that `pack` left. */
export async function packed() {
  const names = await readdir(tarballs);
  if (names.length === 0) throw new Error('There is no packed package to look at.');
  return names.map((name) => join(tarballs, name));
}

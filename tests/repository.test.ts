/** Where the packages say they come from: the root of the repository says it once, and all say the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../scripts/check/folders.mjs';
import { address, originOf, publishedFolders, readManifest } from '../scripts/setRepository.mjs';

test('the address is one of the web', () => {
  expect(address()).toMatch(/^https:\/\/[^/]+\/.+[^/]$/);
});

test.each(publishedFolders)('%s agrees with the root', (folder) => {
  expect(readManifest(folder)).toMatchObject(originOf(address(), folder));
});

test('the citation agrees with the root', () => {
  expect(readFileSync(join(root, 'CITATION.cff'), 'utf8')).toContain(`\nrepository-code: "${address()}"\n`);
});

test('whoever installs sinkhorn gets packages of this repository alone', () => {
  const byName = new Map(publishedFolders.map((folder) => [readManifest(folder).name as string, readManifest(folder)]));
  const wanted = ['sinkhorn'];
  for (const name of wanted) {
    const manifest = byName.get(name);
    expect(manifest, `${name} is of others`).toBeDefined();
    const { dependencies = {} } = manifest as { dependencies?: Record<string, string> };
    for (const dependency of Object.keys(dependencies)) if (!wanted.includes(dependency)) wanted.push(dependency);
  }
  expect(wanted).toContain('@sinkhorn/toolkit');
});

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

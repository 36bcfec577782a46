/**
 * Brings what is said of the repository's address, in every published package and in CITATION.cff, in line with `repository` in
 * the root's package.json: `node scripts/setRepository.mjs`, or with a new address, `node scripts/setRepository.mjs URL`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './check/folders.mjs';

/** What package.json says of where a package comes from. @typedef {{ repository: { type: string, url: string, directory?: string }, homepage: string, bugs: { url: string } }} Origin */

/** The folders of the packages that are published, from the root. */
export const publishedFolders = readdirSync(join(root, 'packages'))
  .map((name) => `packages/${name}`)
  .filter((folder) => !readManifest(folder).private);

/** @param {string} folder */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/** The address as a browser takes it: that of the root, which is the one that counts. */
export const address = () => pageOf(readManifest('.').repository.url);

/**
 * What a package says of an address.
 * @param {string} page
 * @param {string} folder
 * @returns {Origin}
 */
export const originOf = (page, folder) => ({
  repository: { type: 'git', url: `git+${page}.git`, directory: folder },
  homepage: `${page}/tree/main/${folder}#readme`,
  bugs: { url: `${page}/issues` },
});

/** @param {string} url */
const pageOf = (url) => url.replace(/^git\+/, '').replace(/(\.git)?\/*$/, '');

/** @param {string} page */
function setRepository(page) {
  const { repository } = originOf(page, '.');
  write('.', { repository: { type: repository.type, url: repository.url } });
  for (const folder of publishedFolders) write(folder, originOf(page, folder));
  const citation = join(root, 'CITATION.cff');
  const text = readFileSync(citation, 'utf8').replace(/^repository-code:.*$/m, `repository-code: "${page}"`);
  writeFileSync(citation, text);
}

/**
 * Writes some of a package.json's fields, after its licence.
 * @param {string} folder
 * @param {Partial<Origin>} origin
 */
function write(folder, origin) {
  const { repository: _, homepage: __, bugs: ___, ...others } = readManifest(folder);
  const entries = Object.entries(others);
  const after = entries.findIndex(([name]) => name === 'license') + 1;
  const manifest = Object.fromEntries(entries.toSpliced(after, 0, ...Object.entries(origin)));
  writeFileSync(join(root, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (basename(process.argv[1] ?? '') === 'setRepository.mjs') {
  const [, , url] = process.argv;
  if (url !== undefined && !/^(git\+)?https:\/\/[^/\s]+\/\S+$/.test(url)) {
    console.error(`${url} is no address of a repository: give one such as https://github.com/owner/name`);
    process.exit(1);
  }
  setRepository(url === undefined ? address() : pageOf(url));
}

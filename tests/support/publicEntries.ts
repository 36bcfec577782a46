import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Entry {
  readonly name: string;
  readonly source: string;
  readonly built: string;
}

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/** Every entry of every public package: its name for importers, its source and what it was built to. */
export const publicEntries: readonly Entry[] = readdirSync(packages).flatMap((folder) => {
  const at = (path: string) => join(packages, folder, path);
  const manifest = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  if (manifest.private) return [];
  return Object.entries(manifest.exports as Record<string, { source?: string; default: string }>)
    .filter(([, targets]) => targets.source)
    .map(([path, targets]) => ({
      name: join(manifest.name, path),
      source: at(targets.source ?? ''),
      built: at(targets.default),
    }));
});

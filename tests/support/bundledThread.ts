import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** The module of a thread, by its path below `packages`, from the sources: Node itself starts it, and reads no TypeScript. */
export async function bundledThread(path: string): Promise<URL> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'thread-')), 'thread.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    logLevel: 'error',
  });
  return pathToFileURL(outfile);
}

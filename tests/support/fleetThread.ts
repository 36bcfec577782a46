import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

let made: Promise<URL> | undefined;

/** The module of the fleet's threads, from the sources: Node itself starts it, and reads no TypeScript. */
export function fleetThread(): Promise<URL> {
  made ??= (async () => {
    const outfile = join(mkdtempSync(join(tmpdir(), 'fleet-thread-')), 'thread.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('../../packages/fleet/src/thread.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['source'],
      logLevel: 'error',
    });
    return pathToFileURL(outfile);
  })();
  return made;
}

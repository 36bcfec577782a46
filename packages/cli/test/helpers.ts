import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** A fresh folder for each test; call it once in a describe block or a file. */
export function useFolder(): {
  readonly path: string;
  write(name: string, contents: string | Uint8Array): Promise<string>;
  at(name: string): string;
} {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sinkhorn-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return {
    get path() {
      return folder;
    },
    at: (name) => path.join(folder, name),
    async write(name, contents) {
      await writeFile(path.join(folder, name), contents);
      return path.join(folder, name);
    },
  };
}

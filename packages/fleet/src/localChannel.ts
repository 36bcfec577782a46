import { arrived, memoryStore } from './blobStore.js';
import type { Channel } from './channel.js';
import { FleetError } from './errors.js';
import type { Numerics } from './numerics.js';
import { startThreads } from './threads.js';

/** The threads of this process: the same tiles and the same reductions, with nothing in between. */
export function localChannel(count: number, numerics: Numerics, thread?: URL): Channel {
  const blobs = memoryStore();
  const arrays = new Map<string, Uint8Array>();
  const results = new Map<string, Uint8Array>();
  const array = async (name: string) => {
    const bytes = arrays.get(name);
    if (!bytes) throw new FleetError('MISSING_BLOB', `array ${name} was dropped`);
    return bytes;
  };
  const threads = startThreads(count, numerics, { blob: (hash) => arrived(blobs, hash), array }, thread);
  return {
    numerics,
    blobs,
    arrays: {
      put: async (name, bytes) => {
        arrays.set(name, bytes);
      },
      get: array,
      drop: async (names) => {
        for (const name of names) arrays.delete(name);
      },
    },
    ahead: () => count,
    workers: async () => count,
    result: async (id) => results.get(id),
    forget: async (id) => {
      results.delete(id);
    },
    async runTile(id, tile) {
      const [bytes] = await threads.run({ kind: 'tile', job: tile });
      results.set(id, bytes);
    },
    async runShard(_, job) {
      const found = await threads.run({ kind: 'shard', job });
      found.forEach((bytes, k) => {
        arrays.set(job.out[k], bytes);
      });
    },
    async cancel() {},
    close: () => threads.close(),
  };
}

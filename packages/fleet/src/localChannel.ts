import type { StopSignal } from '@sinkhorn/core';
import { arrived, memoryStore } from './blobStore.js';
import type { Channel } from './channel.js';
import { openRedis, type RedisUse, WEEK } from './connection.js';
import { FleetError } from './errors.js';
import type { Numerics } from './numerics.js';
import { redisKeys } from './redisKeys.js';
import { startThreads } from './threads.js';
import { isStep } from './tile.js';

/** Where results of tiles are kept. */
export interface KeptResults {
  result(id: string, isStep: boolean): Promise<Uint8Array | undefined>;
  keep(id: string, bytes: Uint8Array, isStep: boolean): Promise<void>;
  forget(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Results in this process's memory. */
function inMemory(): KeptResults {
  const results = new Map<string, Uint8Array>();
  return {
    result: async (id) => results.get(id),
    keep: async (id, bytes) => {
      results.set(id, bytes);
    },
    forget: async (id) => {
      results.delete(id);
    },
    close: async () => {},
  };
}

/** Results in Redis, where other machines find them. */
export async function inRedis(use: RedisUse, signal?: StopSignal): Promise<KeptResults> {
  const { prefix = 'sinkhorn', keepSeconds = WEEK } = use;
  const redis = await openRedis(use, signal);
  const { result, keep, forget } = redisKeys(redis, prefix, keepSeconds);
  return { result, keep, forget, close: async () => redis.disconnect() };
}

/** The threads of this process: the same tiles and the same reductions, with nothing in between. */
export function localChannel(
  count: number,
  numerics: Numerics,
  thread?: URL,
  results: KeptResults = inMemory(),
): Channel {
  const blobs = memoryStore();
  const steps = new Map<string, Uint8Array>();
  const arrays = new Map<string, Uint8Array>();
  const array = async (name: string) => {
    const bytes = arrays.get(name);
    if (!bytes) throw new FleetError('MISSING_BLOB', `array ${name} was dropped`);
    return bytes;
  };
  const threads = startThreads(
    count,
    numerics,
    { blob: (hash) => arrived({ ...blobs, get: async () => steps.get(hash) ?? blobs.get(hash) }, hash), array },
    thread,
  );
  return {
    numerics,
    blobs,
    steps: {
      get: async (hash) => steps.get(hash),
      put: async (hash, bytes) => {
        steps.set(hash, bytes);
      },
      has: async (hash) => steps.has(hash),
      drop: async (hashes) => {
        for (const hash of hashes) steps.delete(hash);
      },
    },
    arrays: {
      put: async (name, bytes) => {
        arrays.set(name, bytes);
      },
      get: array,
      drop: async (names) => {
        for (const name of names) arrays.delete(name);
      },
      touch: async () => {},
    },
    ahead: () => count,
    workers: async () => count,
    result: (id, tile) => results.result(id, isStep(tile)),
    forget: results.forget,
    async runTile(id, tile) {
      const [bytes] = await threads.run({ kind: 'tile', job: tile });
      await results.keep(id, bytes, isStep(tile));
    },
    async runShard(_, job) {
      const found = await threads.run({ kind: 'shard', job });
      found.forEach((bytes, k) => {
        arrays.set(job.out[k], bytes);
      });
    },
    async cancel(of, ids) {
      // Of tiles no more wait than there are threads, and another run may wait for the same ones.
      const dropped = new Set(of === 'shards' ? ids : []);
      threads.cancel(({ kind, job }) => kind === 'shard' && dropped.has(job.out[0]));
    },
    async close() {
      await threads.close();
      await results.close();
    },
  };
}

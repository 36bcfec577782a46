import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { BlobStore } from './blobStore.js';
import { canonical, sha256 } from './canonical.js';
import { FleetError } from './errors.js';
import type { Numerics } from './numerics.js';

/** How long what serves one run alone is kept where nobody drops it, in seconds: arrays of a sharded solve, and the steps of a barycenter. */
const RUN_SECONDS = 3600;

/** The queue of tiles or of parts of reductions for workers of some numerics: workers of other ones never see what is in it. */
export const queueName = (numerics: Numerics, of: 'tiles' | 'shards'): string =>
  `${of}-${sha256(canonical(numerics)).slice(0, 16)}`;

/** A copy with memory of its own: numbers in it begin where they have to. */
const own = (bytes: Buffer | null): Uint8Array | undefined => (bytes ? new Uint8Array(bytes) : undefined);

const sum = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const SUM_BYTES = 32;

/** Bytes of an array with their sha256 before them, as its name says nothing of them. */
export const sealed = (bytes: Uint8Array): Buffer => Buffer.concat([sum(bytes), bytes]);

/** The bytes of an array as they were put. @throws FleetError where they are others. */
function unsealed(name: string, found: Buffer): Uint8Array {
  const bytes = new Uint8Array(found.subarray(SUM_BYTES));
  if (found.subarray(0, SUM_BYTES).equals(sum(bytes))) return bytes;
  throw new FleetError('CORRUPT_BLOB', `array ${name} has other bytes than were put: solve again`);
}

/** What is kept in Redis beside the queues. */
export function redisKeys(redis: Redis, prefix: string, keepSeconds: number) {
  const blob = (hash: string) => `${prefix}:blob:${hash}`;
  const out = (id: string) => `${prefix}:out:${id}`;
  const array = (name: string) => `${prefix}:array:${name}`;
  const step = (hash: string) => `${prefix}:step:${hash}`;
  const put = async (key: string, bytes: Uint8Array, seconds: number) => {
    try {
      await redis.set(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 'EX', seconds);
    } catch (error) {
      if (!(error as Error).message.includes('bulk length')) throw error;
      throw new FleetError(
        'TOO_LARGE',
        `${bytes.length} bytes are more than this Redis takes (proto-max-bulk-len): give a store, such as folderStore('/mnt/clouds')`,
      );
    }
  };
  const storeOf = (key: (hash: string) => string, seconds: number): BlobStore => ({
    get: async (hash) => own(await redis.getexBuffer(key(hash), 'EX', seconds)),
    put: (hash, bytes) => put(key(hash), bytes, seconds),
    has: async (hash) => (await redis.expire(key(hash), seconds)) === 1,
  });
  return {
    blobs: storeOf(blob, keepSeconds),
    steps: {
      ...storeOf(step, RUN_SECONDS),
      drop: async (hashes: readonly string[]) => {
        if (hashes.length > 0) await redis.unlink(...hashes.map(step));
      },
    },
    arrays: {
      put: (name: string, bytes: Uint8Array) => put(array(name), sealed(bytes), RUN_SECONDS),
      touch: async (names: readonly string[]) => {
        await Promise.all(names.map((name) => redis.expire(array(name), RUN_SECONDS)));
      },
      get: async (name: string): Promise<Uint8Array> => {
        const bytes = await redis.getBuffer(array(name));
        if (bytes) return unsealed(name, bytes);
        throw new FleetError(
          'MISSING_BLOB',
          `array ${name} is gone: Redis lost it, or its solve has ended; solve again`,
        );
      },
      drop: async (names: readonly string[]) => {
        if (names.length > 0) await redis.unlink(...names.map(array));
      },
      has: async (names: readonly string[]) => (await redis.exists(...names.map(array))) === names.length,
    },
    result: async (id: string, isStep: boolean): Promise<Uint8Array | undefined> =>
      own(await redis.getexBuffer(out(id), 'EX', isStep ? RUN_SECONDS : keepSeconds)),
    hasResult: async (id: string) => (await redis.exists(out(id))) === 1,
    /** The first result stays: a tile that is computed twice gives the same numbers. */
    keep: async (id: string, bytes: Uint8Array, isStep: boolean) => {
      const seconds = isStep ? RUN_SECONDS : keepSeconds;
      await redis.set(out(id), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 'EX', seconds, 'NX');
    },
    forget: async (id: string) => {
      await redis.unlink(out(id));
    },
  };
}

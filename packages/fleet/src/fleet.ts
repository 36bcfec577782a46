import { availableParallelism } from 'node:os';
import { type Backend, checkRunOptions, InvalidOptionError, type StopSignal } from '@sinkhorn/core';
import { type BlobStore, bySize, checkStore } from './blobStore.js';
import type { Channel } from './channel.js';
import { checkRedisUse, type RedisUse } from './connection.js';
import { FleetError } from './errors.js';
import { inRedis, localChannel } from './localChannel.js';
import { computingNumericsOf, type Numerics, type NumericsOptions, numericsOf, openBackend } from './numerics.js';
import { redisChannel } from './redisChannel.js';
import { shardedBackend } from './shardedBackend.js';
import { checkThreads } from './threads.js';

/** How rows of one large solve are shared out. */
export interface ShardOptions {
  /** Into how many parts rows are cut; bits do not depend on it. Default: as many as serve when the fleet is opened, at least 1. */
  readonly shards?: number;
  /** Reductions over fewer pairs are computed by this process, with the same bits. Default 1e6. */
  readonly minPairs?: number;
}

/** How a fleet is reached. */
export interface FleetOptions extends RedisUse, NumericsOptions, ShardOptions {
  /** Where clouds above `storeAbove` bytes lie: `folderStore`, `httpStore` or a store of your own, the same for workers. Default: all in Redis. */
  readonly store?: BlobStore;
  /** Default 4 MB. */
  readonly storeAbove?: number;
  /** Aborted before the fleet is open, it ends the wait for Redis. */
  readonly signal?: StopSignal;
}

/** How this machine's cores are used. */
export interface CoresOptions extends NumericsOptions, ShardOptions {
  /** Default: one for each core. */
  readonly threads?: number;
  /** The Redis in which results of tiles are looked up and kept, for machines that share a matrix without a queue. Default: in memory. */
  readonly results?: RedisUse;
  /** Where the thread's module is, where a bundler moved it. */
  readonly thread?: URL;
  /** Aborted before the cores are open, it ends the wait for the Redis of `results`. */
  readonly signal?: StopSignal;
}

/** Those who compute: what `on` takes, and a backend whose large reductions they share. */
export interface Fleet extends Backend {
  readonly numerics: Numerics;
  /** How many threads serve now: those of all workers of a Redis, or of this process. */
  workers(): Promise<number>;
  /** Leaves; workers stay. */
  close(): Promise<void>;
}

const channels = new WeakMap<Fleet, Channel>();
const closed = new WeakSet<Channel>();

/** The way to those who compute. @throws InvalidOptionError where `on` is no fleet, FleetError where it was closed. */
export function channelOf(on: Fleet): Channel {
  const channel = channels.get(on);
  if (!channel) throw new InvalidOptionError('on is no fleet: give what fleet() or cores() returned');
  if (closed.has(channel)) throw new FleetError('CLOSED', 'on was closed before: open a new one');
  return channel;
}

/** Bytes: larger blobs go to the store where there is one, as Redis keeps all it has in memory. Chosen, not measured. */
const STORE_ABOVE = 4e6;

/**
 * A fleet of workers, reached by Redis or Valkey: for `on`, and a backend for one large solve.
 *
 * @throws InvalidOptionError for options out of range, and what ioredis throws, or FleetError, where Redis cannot be reached.
 *
 * @example
 * ```ts
 * import { fleet, pairwise } from '@sinkhorn/fleet';
 *
 * // connection: 'redis://127.0.0.1:6379'
 * export async function matrix(connection: string) {
 *   const on = await fleet({ connection });
 *   const found = await pairwise({ loss: 'energyDistance' }, [[[0]], [[1]], [[3]]], { on });
 *   await on.close();
 *   return found;
 * }
 * ```
 */
export async function fleet(options: FleetOptions): Promise<Fleet> {
  checkRedisUse(options);
  checkRunOptions(options);
  const numerics = numericsOf(options);
  const sharding = checkSharding(options);
  const store = checkStore(options.store);
  const { storeAbove = STORE_ABOVE } = options;
  if (!(storeAbove >= 0)) throw new InvalidOptionError(`storeAbove is ${storeAbove}: give a number of bytes`);
  const channel = await redisChannel(options, numerics);
  const all = store ? { ...channel, blobs: bySize(channel.blobs, store, storeAbove) } : channel;
  return opened(all, sharding);
}

/**
 * The cores of this machine as a fleet: threads that compute the same tiles, and the same rows, with the same bits.
 *
 * @throws InvalidOptionError for options out of range, and what ioredis throws, or FleetError, where the Redis of `results` cannot be reached.
 *
 * @example
 * ```ts
 * import { cores, pairwise } from '@sinkhorn/fleet';
 *
 * const here = await cores({ threads: 2 });
 * const { values } = await pairwise({ loss: 'energyDistance' }, [[[0]], [[1]], [[3]]], { on: here });
 * if (values.join() !== '0,1,3,1,0,2,3,2,0') throw new Error(values.join());
 * await here.close();
 * ```
 */
export async function cores(options: CoresOptions = {}): Promise<Fleet> {
  const numerics = computingNumericsOf(options);
  const sharding = checkSharding(options);
  const { threads = availableParallelism(), thread, results, signal } = checkRunOptions(options);
  checkThreads('threads', threads);
  if (results !== undefined) checkRedisUse(results);
  return opened(localChannel(threads, numerics, thread, results && (await inRedis(results, signal))), sharding);
}

function checkSharding({ shards, minPairs = 1e6 }: ShardOptions) {
  if (shards !== undefined && !(Number.isInteger(shards) && shards >= 1 && shards <= 4096)) {
    throw new InvalidOptionError(`shards is ${shards}: give a whole number from 1 to 4096`);
  }
  if (!(minPairs >= 0)) throw new InvalidOptionError(`minPairs is ${minPairs}: give a number, 0 or more`);
  return { shards, minPairs };
}

async function opened(
  channel: Channel,
  { shards, minPairs }: { readonly shards?: number; readonly minPairs: number },
): Promise<Fleet> {
  const local = await openBackend(channel.numerics);
  const count = shards ?? Math.max(1, await channel.workers());
  const backend = shardedBackend(channel, local, { shards: count, minPairs });
  const dispose = () => {
    closed.add(channel);
    backend.dispose();
    channel.close().catch(() => {});
  };
  const made: Fleet = Object.defineProperties({} as Fleet, {
    ...Object.getOwnPropertyDescriptors(backend),
    ...Object.getOwnPropertyDescriptors({
      numerics: channel.numerics,
      workers: () => channel.workers(),
      dispose,
      async close() {
        closed.add(channel);
        backend.dispose();
        await channel.close();
      },
    }),
  });
  channels.set(made, channel);
  return made;
}

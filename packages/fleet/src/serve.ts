import { availableParallelism } from 'node:os';
import { checkRunOptions, type StopSignal } from '@sinkhorn/core';
import type { Job } from 'bullmq';
import { arrived, type BlobStore, bySize, checkStore } from './blobStore.js';
import { checkRedisUse, openRedis, type RedisUse, WEEK } from './connection.js';
import { errorText, FleetError } from './errors.js';
import { computingNumericsOf, type Numerics, type NumericsOptions } from './numerics.js';
import { queueName, redisKeys } from './redisKeys.js';
import { checkShardJob } from './shardJob.js';
import { checkThreads, startThreads } from './threads.js';
import { checkTile, isStep } from './tile.js';
import { replaceUnreadable, UNREADABLE } from './unreadableJobs.js';
import { whileThere } from './waiting.js';
import { workerName } from './workerName.js';

/** How a worker serves. */
export interface ServeOptions extends RedisUse, Omit<NumericsOptions, 'engine'> {
  /** How many tiles are computed at a time, each in a thread. Default: one for each core. */
  readonly concurrency?: number;
  /** Where clouds lie that are not in Redis. */
  readonly store?: BlobStore;
  /** Where the thread's module is, where a bundler moved it. */
  readonly thread?: URL;
  readonly signal?: StopSignal;
  /** Told of each job that ended: its id, and the error where it failed. What it throws, or rejects with, is a warning of the process. */
  readonly onJob?: (id: string, error?: Error) => void;
}

/** A worker that serves. */
export interface Served {
  readonly numerics: Numerics;
  readonly concurrency: number;
  /** Finishes what it computes and leaves. */
  close(): Promise<void>;
}

/**
 * A lock holds so long after the worker that had it was last alive, and so often it is looked for locks that nobody holds: in 8 + 2 x 4 seconds at most
 * another worker has a dead one's tile.
 */
const LOCK_MILLISECONDS = 8000;
const STALLED_INTERVAL = 4000;
/** How many workers may die over one tile: one that kills each of them has to end. */
const MOST_DEATHS = 20;
/** Bytes of clouds and arrays that a worker keeps. */
const KEPT_BYTES = 2 ** 28;
/** Errors that come again whenever the same job is tried. */
const LASTING = ['INVALID_TILE', 'OTHER_NUMERICS', 'TOO_LARGE', 'COMPUTATION_FAILED'];

/**
 * Computes tiles and parts of reductions for whoever asks by the same Redis, until it is closed. Only workers with the same version, precision
 * and engine see a job. Jobs name losses of a closed table; nothing that they hold is run.
 *
 * @throws InvalidOptionError for options out of range, and what ioredis throws, or FleetError, where Redis cannot be reached at the start.
 *
 * @example
 * ```ts
 * import { serve } from '@sinkhorn/fleet';
 *
 * // connection: 'redis://127.0.0.1:6379'
 * export async function work(connection: string, signal: AbortSignal) {
 *   const { numerics } = await serve({ connection, signal, concurrency: 4 });
 *   console.log(`serving with V8 ${numerics.engine}`);
 * }
 * ```
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { signal } = checkRunOptions(options);
  signal?.throwIfAborted();
  checkRedisUse(options);
  const { concurrency = availableParallelism(), prefix = 'sinkhorn', keepSeconds = WEEK, onJob } = options;
  const store = checkStore(options.store);
  checkThreads('concurrency', concurrency);
  const numerics = computingNumericsOf(options);
  const redis = await openRedis(options, signal);
  const { UnrecoverableError, Worker } = await import('bullmq');
  const keys = redisKeys(redis, prefix, keepSeconds);
  const near = bySize(keys.steps, keys.blobs, 0);
  const blobs = store ? bySize(near, store, 0) : near;
  const kept = keeping(KEPT_BYTES);
  const threads = startThreads(
    concurrency,
    numerics,
    {
      blob: (hash) => kept.get(`blob ${hash}`, () => arrived(blobs, hash)),
      array: (name) => kept.get(`array ${name}`, () => keys.arrays.get(name)),
    },
    options.thread,
  );
  const warn = warnings();
  /** What it throws is no fault of the job. */
  const tell = (id: string, error?: Error) => {
    (async () => onJob?.(id, error))().catch((thrown) => warn('onJob threw', thrown));
  };
  const told = (work: (job: Job) => Promise<void>) => async (job: Job) => {
    const id = String(job.id);
    try {
      if (job.data === UNREADABLE)
        throw new FleetError('CORRUPT_BLOB', 'a job has other text than was sent: send it again');
      await work(job);
    } catch (error) {
      tell(id, error as Error);
      const isLasting = error instanceof FleetError && LASTING.includes(error.code);
      throw isLasting ? new UnrecoverableError(errorText(error)) : new Error(errorText(error));
    }
    tell(id);
  };
  const tile = async (job: Job) => {
    const id = String(job.id);
    const checked = checkTile(job.data, id, numerics);
    if (await keys.hasResult(id)) return;
    const [bytes] = await threads.run({ kind: 'tile', job: checked });
    await keys.keep(id, bytes, isStep(checked));
  };
  const shard = async (job: Job) => {
    const checked = checkShardJob(job.data, numerics);
    const found = await threads.run({ kind: 'shard', job: checked });
    await Promise.all(
      found.map((bytes, k) => {
        kept.add(`array ${checked.out[k]}`, bytes);
        return keys.arrays.put(checked.out[k], bytes);
      }),
    );
  };
  const workers = (['tiles', 'shards'] as const).map((of) => {
    const worker = new Worker(queueName(numerics, of), told(of === 'tiles' ? tile : shard), {
      connection: redis,
      prefix,
      name: workerName(concurrency),
      concurrency,
      lockDuration: LOCK_MILLISECONDS,
      stalledInterval: STALLED_INTERVAL,
      maxStalledCount: MOST_DEATHS,
      drainDelay: 5,
    });
    // Where Redis is away it is tried again; what went wrong with a job is in the job.
    worker.on('error', (error) => {
      if (error instanceof SyntaxError) replaceUnreadable(redis, (name) => worker.toKey(name)).catch(() => {});
      else if (error.name === 'ReplyError') warn('Redis refuses a command, which is tried again', error);
    });
    return worker;
  });
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      // A pause waits for what is computed; where the server is away, another worker has that again when it is back.
      await whileThere(redis, Promise.all(workers.map((worker) => worker.pause())));
      await whileThere(redis, Promise.all(workers.map((worker) => worker.close(true))));
      await threads.close();
      redis.disconnect();
    })();
    return closing;
  };
  signal?.addEventListener('abort', () => {
    close().catch(() => {});
  });
  if (signal?.aborted) {
    await close();
    signal.throwIfAborted();
  }
  return { numerics, concurrency, close };
}

/** Tells the process of what goes wrong beside jobs, the same thing once. */
function warnings(): (what: string, error: unknown) => void {
  const said = new Set<string>();
  return (what, error) => {
    const text = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    if (said.has(text)) return;
    said.add(text);
    process.emitWarning(text, 'FleetWarning');
  };
}

/** Bytes that were fetched lately, in memory that threads share. */
function keeping(most: number) {
  const kept = new Map<string, Promise<Uint8Array>>();
  const sizes = new Map<string, number>();
  let total = 0;
  const drop = (name: string) => {
    kept.delete(name);
    total -= sizes.get(name) ?? 0;
    sizes.delete(name);
  };
  const count = (name: string, bytes: Uint8Array) => {
    sizes.set(name, bytes.length);
    total += bytes.length;
    for (const other of sizes.keys()) {
      if (total <= most) return;
      drop(other);
    }
  };
  return {
    get(name: string, fetched: () => Promise<Uint8Array>): Promise<Uint8Array> {
      const known = kept.get(name);
      if (known) return known;
      const made = fetched().then((bytes) => {
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
        shared.set(bytes);
        if (kept.get(name) === made) count(name, shared);
        return shared;
      });
      kept.set(name, made);
      made.catch(() => kept.delete(name));
      return made;
    },
    add(name: string, bytes: Uint8Array): void {
      if (kept.has(name)) return;
      kept.set(name, Promise.resolve(bytes));
      count(name, bytes);
    },
  };
}

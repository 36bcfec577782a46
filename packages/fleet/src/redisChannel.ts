import type { StopSignal } from '@sinkhorn/core';
import type { Queue, QueueEvents } from 'bullmq';
import type { Channel } from './channel.js';
import { openRedis, type RedisUse, WEEK } from './connection.js';
import { errorFrom, FleetError } from './errors.js';
import type { Numerics } from './numerics.js';
import { queueName, redisKeys } from './redisKeys.js';
import { isStep } from './tile.js';
import { patiently, whileThere } from './waiting.js';
import { threadsOf } from './workerName.js';

/** How often it is looked up what happened to jobs that sent nothing, in milliseconds: events are lost where Redis restarts. */
const LOOK_EVERY = 2000;
/** How often a job that vanished without a result is put into the queue again. */
const MOST_TIMES = 20;
/** Tiles in the queue at most: for each thread that serves, and where there are few. */
const AHEAD = { each: 16, least: 256 };

interface Waiting {
  readonly ended: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly add: () => Promise<unknown>;
  readonly isDone: () => Promise<boolean>;
  /** The last time it was put into the queue. */
  added: Promise<unknown>;
  heard: number;
  times: number;
  /** How many in this process wait for it: one that stops takes it from none of the others. */
  askers: number;
}

/** The way to workers by BullMQ: a queue of tiles, a queue of parts of reductions, and what is kept beside them. */
export async function redisChannel(
  use: RedisUse & { readonly signal?: StopSignal },
  numerics: Numerics,
): Promise<Channel> {
  const { prefix = 'sinkhorn', keepSeconds = WEEK } = use;
  const redis = await openRedis(use, use.signal);
  const { Queue, QueueEvents } = await import('bullmq');
  const keys = redisKeys(redis, prefix, keepSeconds);
  const connections = [redis];
  const opened: { close(): Promise<void> }[] = [];
  const lines = { tiles: await open('tiles'), shards: await open('shards') };

  async function open(of: 'tiles' | 'shards') {
    const name = queueName(numerics, of);
    const own = { connection: redis, prefix };
    const queue: Queue = new Queue(name, own);
    const listening = redis.duplicate();
    listening.on('error', () => {});
    const events: QueueEvents = new QueueEvents(name, { connection: listening, prefix });
    // Where Redis is away it is tried again.
    queue.on('error', () => {});
    events.on('error', () => {});
    await events.waitUntilReady();
    connections.push(listening);
    opened.push(queue, events);
    const waiting = new Map<string, Waiting>();
    const end = (id: string, how: (job: Waiting) => void) => {
      const job = waiting.get(id);
      waiting.delete(id);
      if (job) how(job);
    };
    const again = async (id: string, job: Waiting) => {
      if (await job.isDone()) return end(id, ({ resolve }) => resolve());
      if (waiting.get(id) !== job) return;
      job.times++;
      if (job.times > MOST_TIMES) {
        return end(id, ({ reject }) =>
          reject(new FleetError('COMPUTATION_FAILED', `job ${id} vanished ${MOST_TIMES} times without a result`)),
        );
      }
      job.added = job.add();
      await job.added;
    };
    events.on('completed', ({ jobId }) => {
      const job = waiting.get(jobId);
      if (job)
        job.isDone().then(
          (done) => (done ? end(jobId, ({ resolve }) => resolve()) : again(jobId, job)),
          () => {},
        );
    });
    events.on('failed', ({ jobId, failedReason }) => end(jobId, ({ reject }) => reject(errorFrom(failedReason))));
    events.on('active', ({ jobId }) => {
      const job = waiting.get(jobId);
      if (job) job.heard = performance.now();
    });
    let looking = false;
    const look = async () => {
      if (looking) return;
      looking = true;
      try {
        for (const [id, job] of waiting) {
          if (performance.now() - job.heard < LOOK_EVERY) continue;
          job.heard = performance.now();
          const state = await queue.getJobState(id);
          if (state === 'unknown' || state === 'completed' || state === 'failed') {
            if (state !== 'unknown') await queue.remove(id);
            await again(id, job);
          }
        }
      } catch {
        // Redis is away: the next look tells.
      } finally {
        looking = false;
      }
    };
    const timer = setInterval(look, LOOK_EVERY / 4);
    timer.unref();
    opened.push({
      close: async () => {
        clearInterval(timer);
      },
    });
    return { queue, waiting };
  }

  /** Puts a job into a queue, and waits until it is done. */
  async function run(of: 'tiles' | 'shards', id: string, data: unknown, isDone: () => Promise<boolean>): Promise<void> {
    if (closed) throw closing();
    const { queue, waiting } = lines[of];
    const options = {
      jobId: id,
      removeOnComplete: true,
      removeOnFail: true,
      attempts: 3,
      backoff: { type: 'exponential', delay: 200 },
    };
    const add = () => queue.add(of, data, options);
    const known = waiting.get(id);
    if (known) {
      known.askers++;
      return known.ended;
    }
    let resolve = () => {};
    let reject: (error: Error) => void = () => {};
    const ended = new Promise<void>((done, failed) => {
      resolve = done;
      reject = failed;
    });
    const added = add();
    ended.catch(() => {});
    waiting.set(id, { ended, resolve, reject, add, isDone, added, heard: performance.now(), times: 0, askers: 1 });
    added.catch((error) => {
      waiting.delete(id);
      reject(error);
    });
    return ended;
  }

  /** Ends the wait for jobs, for so many that ask or for all, and takes those out of the queue that nobody here waits for. */
  async function cancel(of: 'tiles' | 'shards', ids: readonly string[], why: () => FleetError, all = false) {
    const { queue, waiting } = lines[of];
    const remove = async (id: string) => {
      const job = waiting.get(id);
      if (job && --job.askers > 0 && !all) return;
      waiting.delete(id);
      job?.reject(why());
      // What is on its way there is in the queue before it is taken out.
      await job?.added.catch(() => {});
      // One that is being computed stays: it is locked, and its result is kept for whoever asks next.
      await queue.remove(id).catch(() => 0);
    };
    await patiently(Promise.all(ids.map(remove)));
  }
  let closed = false;
  const closing = () => new FleetError('CLOSED', 'the fleet was closed while it computed');

  return {
    numerics,
    blobs: keys.blobs,
    steps: keys.steps,
    arrays: keys.arrays,
    ahead: (workers) => Math.max(AHEAD.least, AHEAD.each * workers),
    workers: async () => threadsOf(await lines.tiles.queue.getWorkers()),
    result: (id, tile) => keys.result(id, isStep(tile)),
    forget: keys.forget,
    runTile: (id, tile) => run('tiles', id, tile, () => keys.hasResult(id)),
    runShard: (id, job) => run('shards', id, job, () => keys.arrays.has(job.out)),
    cancel: (of, ids) => cancel(of, ids, () => new FleetError('CLOSED', 'nobody asks for it any more')),
    async close() {
      closed = true;
      const waits = (['tiles', 'shards'] as const).map((of) =>
        cancel(of, [...lines[of].waiting.keys()], closing, true),
      );
      await Promise.all(waits);
      await whileThere(redis, Promise.all(opened.reverse().map((each) => each.close())));
      for (const each of connections) each.disconnect();
    },
  };
}

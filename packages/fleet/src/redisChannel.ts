import type { Queue, QueueEvents } from 'bullmq';
import type { BlobStore } from './blobStore.js';
import type { Channel } from './channel.js';
import { firstAnswer, openRedis, type RedisUse, WEEK } from './connection.js';
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
  { connection, prefix = 'sinkhorn', keepSeconds = WEEK }: RedisUse,
  numerics: Numerics,
  store?: BlobStore,
): Promise<Channel> {
  const redis = await openRedis(connection);
  await firstAnswer(redis);
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
        for (const id of [...waiting.keys()]) {
          end(id, ({ reject }) => reject(new FleetError('CLOSED', 'the fleet was closed while it computed')));
        }
      },
    });
    return { queue, waiting };
  }

  /** Puts a job into a queue, and waits until it is done. */
  async function run(of: 'tiles' | 'shards', id: string, data: unknown, isDone: () => Promise<boolean>): Promise<void> {
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
    waiting.set(id, { ended, resolve, reject, add, isDone, added, heard: performance.now(), times: 0, askers: 1 });
    added.catch((error) => {
      waiting.delete(id);
      reject(error);
    });
    return ended;
  }

  return {
    numerics,
    blobs: store ?? keys.blobs,
    steps: keys.steps,
    arrays: keys.arrays,
    ahead: (workers) => Math.max(AHEAD.least, AHEAD.each * workers),
    workers: async () => threadsOf(await lines.tiles.queue.getWorkers()),
    result: (id, tile) => keys.result(id, isStep(tile)),
    forget: keys.forget,
    runTile: (id, tile) => run('tiles', id, tile, () => keys.hasResult(id)),
    runShard: (id, job) => run('shards', id, job, () => keys.arrays.has(job.out)),
    async cancel(ids) {
      const { queue, waiting } = lines.tiles;
      const remove = async (id: string) => {
        const job = waiting.get(id);
        if (job && --job.askers > 0) return;
        waiting.delete(id);
        // What is on its way there is in the queue before it is taken out.
        await job?.added.catch(() => {});
        // One that is being computed stays: it is locked, and its result is kept for whoever asks next.
        await queue.remove(id).catch(() => 0);
      };
      await patiently(Promise.all(ids.map(remove)));
    },
    async close() {
      await whileThere(redis, Promise.all(opened.reverse().map((each) => each.close())));
      for (const each of connections) each.disconnect();
    },
  };
}

import { cores, type FleetProgress, fleet, numericsOf, pairwise } from '@sinkhorn/fleet';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { startWorker, type WorkerProcess } from '../../../tests/support/fleetWorker.js';
import { queueName } from '../src/redisKeys.js';
import { cloud } from './clouds.js';
import { noRedis, type Server, startServer } from './redis.js';

/** Larger by hand: FLEET_CLOUDS=200 FLEET_POINTS=300, which takes as long as it takes. */
if (process.env.FLEET_CLOUDS) vi.setConfig({ testTimeout: 0, hookTimeout: 0 });
const CLOUDS = Number(process.env.FLEET_CLOUDS ?? 30);
const POINTS = Number(process.env.FLEET_POINTS ?? 40);
const KILLS = Number(process.env.FLEET_KILLS ?? 10);

const loss = { loss: 'sinkhornDivergence', options: { blur: 0.2 } } as const;

describe.skipIf(noRedis !== undefined)(`workers that die${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: Server;
  let redis: Redis;
  const workers: WorkerProcess[] = [];
  const clouds = Array.from({ length: CLOUDS }, (_, k) => cloud(k, POINTS));
  const start = async () => {
    const worker = await startWorker(['--redis', server.url, '--concurrency', '1']);
    workers.push(worker);
    return worker;
  };
  let alone: Awaited<ReturnType<typeof pairwise>>;
  beforeAll(async () => {
    server = await startServer();
    redis = new Redis(server.url);
    redis.on('error', () => {});
    const here = await cores({ threads: 1, thread: await fleetThread() });
    alone = await pairwise(loss, clouds, { on: here });
    await here.close();
  });
  afterAll(async () => {
    for (const { process: child } of workers) child.kill('SIGKILL');
    redis?.disconnect();
    server?.stop();
  });
  /** Runs the matrix while things happen to it, and checks that all is there once. */
  const check = async (happens: (progress: () => FleetProgress | undefined) => Promise<void>) => {
    await redis.flushall();
    const on = await fleet({ connection: server.url });
    let progress: FleetProgress | undefined;
    const run = pairwise(loss, clouds, {
      on,
      onProgress: (now) => {
        progress = now;
      },
    });
    run.catch(() => {});
    await happens(() => progress);
    const found = await run;
    expect(found).toEqual(alone);
    expect(progress?.done).toBe(progress?.total);
    expect((await redis.keys('sinkhorn:out:*')).length).toBe(progress?.total);
    await on.close();
  };
  const until = async (is: () => boolean | Promise<boolean>) => {
    while (!(await is())) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const queue = `sinkhorn:${queueName(numericsOf(), 'tiles')}`;
  const computes = async () => (await redis.llen(`${queue}:active`)) > 0;
  const killAll = async () => {
    for (const worker of workers.splice(0)) await worker.kill();
  };

  it.each([1, 2, 3])('give the bits of one process where there are %i', async (count) => {
    await killAll();
    for (let k = 0; k < count; k++) await start();
    await check(async () => {});
  });

  it('leave all values, each once, with the same bits, where one of two is killed, and Redis is and comes back', async () => {
    await killAll();
    const [first] = [await start(), await start()];
    await check(async (progress) => {
      await until(() => (progress()?.share ?? 0) > 0.2);
      await first.kill();
      await until(() => (progress()?.share ?? 0) > 0.4);
      await server.crash();
    });
  });

  it(`leave the same where ${KILLS} are killed at random moments`, async () => {
    await killAll();
    let worker = await start();
    await check(async () => {
      for (let k = 0; k < KILLS; k++) {
        await until(computes);
        await new Promise((resolve) => setTimeout(resolve, 100 * Math.random()));
        await worker.kill();
        worker = await start();
      }
    });
  });

  it('leave the same where one is slow, and where one sleeps until another has its tile', async () => {
    await killAll();
    const slow = await start();
    await check(async (progress) => {
      await until(computes);
      slow.process.kill('SIGSTOP');
      const held = await redis.lrange(`${queue}:active`, 0, 0);
      await start();
      // The other one has all but what the sleeper holds; then it has that too, and the sleeper wakes up and ends it again.
      const [id] = held;
      await until(async () => id === undefined || (await redis.exists(`sinkhorn:out:${id}`)) === 1);
      const pulse = setInterval(() => {
        slow.process.kill('SIGCONT');
        setTimeout(() => slow.process.kill('SIGSTOP'), 20).unref();
      }, 100);
      await until(() => progress()?.share === 1);
      clearInterval(pulse);
    });
  });
});

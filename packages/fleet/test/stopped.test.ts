import { createServer } from 'node:net';
import { barycenter, cores, type Fleet, FleetError, fleet, pairwise, permutationTest, serve } from '@sinkhorn/fleet';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { fleetProcess, startWorker } from '../../../tests/support/fleetWorker.js';
import type { Channel } from '../src/channel.js';
import { runTiles } from '../src/runTiles.js';
import type { Tile } from '../src/tile.js';
import { cloud } from './clouds.js';
import { noRedis, type Server, startServer } from './redis.js';

const energy = { loss: 'energyDistance' } as const;
const clouds = Array.from({ length: 30 }, (_, k) => cloud(k, 20));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Passes of which each is computed from the one before it. */
const solve = (backend: Fleet, signal?: AbortSignal) =>
  sinkhornDivergence({ backend, blur: 0.05, method: 'alternating' }).solve(cloud(1, 60), cloud(2, 60), { signal });
/** Calls whose reports of progress throw. */
const throwing = (on: Fleet, onProgress: () => void) => [
  () => pairwise(energy, clouds, { on, onProgress }),
  () => permutationTest(energy, cloud(1, 30), cloud(2, 30), { on, onProgress }),
  () => barycenter([cloud(1, 10), cloud(2, 10)], { on, onProgress, blur: 0.2, support: cloud(3, 10) }),
];

it('a tile whose blobs are put again while the run is stopped is asked for no more', async () => {
  const stop = new AbortController();
  const asked: string[] = [];
  let put = () => {};
  const channel = {
    workers: async () => 1,
    ahead: () => 1,
    result: async () => undefined,
    runTile: async (id: string) => {
      asked.push(id);
      throw new FleetError('MISSING_BLOB', 'gone');
    },
    cancel: async () => {},
  } as unknown as Channel;
  const putAgain = () =>
    new Promise<void>((resolve) => {
      put = resolve;
      stop.abort(new Error('enough'));
    });
  const run = runTiles(channel, new Map([['a', {} as Tile]]), { signal: stop.signal }, putAgain);
  await expect(run).rejects.toThrow('enough');
  put();
  await pause(0);
  expect(asked).toEqual(['a']);
});

describe('on the cores of this machine', () => {
  it('a report of progress that throws ends the call, and the cores serve on', async () => {
    const on = await cores({ threads: 1, thread: await fleetThread() });
    const onProgress = () => {
      throw new Error('mine');
    };
    for (const call of throwing(on, onProgress)) await expect(call()).rejects.toThrow('mine');
    await expect(pairwise(energy, clouds, { on, onProgress: async () => onProgress() })).rejects.toThrow('mine');
    expect((await pairwise(energy, clouds.slice(0, 2), { on })).count).toBe(2);
    await on.close();
  });

  it('a solve in shards that is stopped leaves no part for threads to compute', async () => {
    const on = await cores({ threads: 1, thread: await fleetThread(), shards: 50, minPairs: 0 });
    const stop = new AbortController();
    const run = solve(on, stop.signal);
    run.catch(() => {});
    await pause(50);
    stop.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    expect((await pairwise(energy, clouds.slice(0, 2), { on })).count).toBe(2);
    await on.close();
  });
});

describe.skipIf(noRedis !== undefined)(`what is stopped${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: Server;
  let redis: Redis;
  beforeAll(async () => {
    server = await startServer();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis?.disconnect();
    await server?.stop();
  });
  /** How many jobs are in the queues of a prefix, and arrays beside them. */
  const left = async (prefix: string) => {
    const jobs = (await redis.keys(`${prefix}:*:wait`)).map((key) => redis.llen(key));
    const lengths = await Promise.all(jobs);
    return [lengths.reduce((total, length) => total + length, 0), (await redis.keys(`${prefix}:array:*`)).length];
  };

  it('leaves no part of a solve in the queue, nor its arrays', async () => {
    const on = await fleet({ connection: server.url, prefix: 'abort', shards: 4, minPairs: 0 });
    const stop = new AbortController();
    const run = solve(on, stop.signal);
    run.catch(() => {});
    await expect.poll(async () => (await left('abort'))[0]).toBeGreaterThan(3);
    stop.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    await expect.poll(() => left('abort')).toEqual([0, 0]);
    await on.close();
  });

  it('leaves no part and no tile in the queue where the fleet is closed in the middle', async () => {
    const on = await fleet({ connection: server.url, prefix: 'close', shards: 4, minPairs: 0 });
    const runs = [solve(on), pairwise(energy, clouds, { on })];
    for (const run of runs) run.catch(() => {});
    await expect.poll(async () => (await left('close'))[0]).toBeGreaterThan(20);
    await on.close();
    await expect(runs[0]).rejects.toMatchObject({ code: 'DEVICE_LOST' });
    await expect(runs[1]).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await left('close'))[0]).toBe(0);
    await expect.poll(() => left('close')).toEqual([0, 0]);
  });

  it('takes nothing from another one that waits for the same tile', async () => {
    const prefix = 'shared';
    const [one, other] = [
      await fleet({ connection: server.url, prefix }),
      await fleet({ connection: server.url, prefix }),
    ];
    const runs = [one, other].map((on) => pairwise(energy, clouds.slice(0, 3), { on }));
    runs[0].catch(() => {});
    await expect.poll(async () => (await left(prefix))[0]).toBe(1);
    await one.close();
    await expect(runs[0]).rejects.toMatchObject({ code: 'CLOSED' });
    const worker = await serve({ connection: server.url, prefix, concurrency: 1, thread: await fleetThread() });
    expect((await runs[1]).count).toBe(3);
    await other.close();
    await worker.close();
  });

  it('is a call whose report of progress throws, and leaves nothing in the queue', async () => {
    const on = await fleet({ connection: server.url, prefix: 'throws' });
    const onProgress = () => {
      throw new Error('mine');
    };
    for (const call of throwing(on, onProgress)) await expect(call()).rejects.toThrow('mine');
    expect((await left('throws'))[0]).toBe(0);
    await on.close();
  });

  it('is no tile whose worker was told of it by what throws: that is a warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const worker = await serve({
      connection: server.url,
      prefix: 'told',
      concurrency: 1,
      thread: await fleetThread(),
      onJob: (id) => {
        const mine = new Error('mine');
        if (id < '8') throw mine;
        return Promise.reject(mine);
      },
    });
    const on = await fleet({ connection: server.url, prefix: 'told' });
    expect((await pairwise(energy, clouds, { on })).count).toBe(30);
    expect(warned.mock.calls).toEqual([['onJob threw: mine', 'FleetWarning']]);
    warned.mockRestore();
    await on.close();
    await worker.close();
  });

  it('is a worker and a command, by a signal, whose server froze', async () => {
    const frozen = await startServer();
    const asking = new Redis(frozen.url);
    const pid = Number(/process_id:(\d+)/.exec(await asking.info('server'))?.[1]);
    const worker = await startWorker(['--redis', frozen.url, '--concurrency', '1']);
    process.kill(pid, 'SIGSTOP');
    expect((await worker.stop()).status).toBe(0);
    asking.disconnect();
    await frozen.stop();
  });
});

describe('what listens and never answers', () => {
  const deaf = createServer(() => {});
  let connection: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const address = deaf.address();
    connection = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterAll(() => deaf.close());

  it('is waited for until it is told to stop', async () => {
    for (const call of [
      (signal: AbortSignal) => fleet({ connection, signal }),
      (signal: AbortSignal) => serve({ connection, signal }),
      (signal: AbortSignal) => cores({ results: { connection }, signal }),
    ]) {
      const stop = new AbortController();
      const opening = call(stop.signal);
      opening.catch(() => {});
      await pause(100);
      stop.abort(new Error('enough'));
      await expect(opening).rejects.toThrow('enough');
    }
  });

  it('holds up no command that a signal ends', async () => {
    const { child, gone } = await fleetProcess(['worker', '--redis', connection]);
    await new Promise((resolve) => deaf.once('connection', resolve));
    child.kill('SIGTERM');
    expect(await gone).toBe(130);
  });

  it('is given up after 10 seconds', async () => {
    await expect(fleet({ connection })).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringMatching(/nothing that speaks as Redis answered at 127\.0\.0\.1:\d+ in 10 s: look/),
    });
  });
});

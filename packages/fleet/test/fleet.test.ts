import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  barycenter,
  cores,
  type Fleet,
  type FleetProgress,
  fleet,
  type Numerics,
  numericsOf,
  openBackend,
  pairwise,
  plainLoss,
  type Served,
  serve,
  tileId,
} from '@sinkhorn/fleet';
import { energyDistance, sinkhornDivergence } from '@sinkhorn/losses';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { fleetProgram } from '../../../tests/support/fleetWorker.js';
import { sha256 } from '../src/canonical.js';
import { cloudBytes } from '../src/cloudBytes.js';
import { main } from '../src/main.js';
import { queueName } from '../src/redisKeys.js';
import { resultBytes } from '../src/tileResult.js';
import { cloud } from './clouds.js';
import { noRedis, type Server, startServer } from './redis.js';

const loss = { loss: 'sinkhornDivergence', options: { blur: 0.1 } } as const;

describe.skipIf(noRedis !== undefined)(`a fleet on a real server${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: Server;
  let worker: Served;
  let on: Fleet;
  let redis: Redis;
  const failures: string[] = [];
  beforeAll(async () => {
    server = await startServer();
    worker = await serve({
      connection: server.url,
      concurrency: 2,
      thread: await fleetThread(),
      onJob: (_, error) => error && failures.push(error.message),
    });
    on = await fleet({ connection: server.url, shards: 3, minPairs: 0 });
    redis = new Redis(server.url);
    // One test has the server die.
    redis.on('error', () => {});
  });
  afterAll(async () => {
    await on?.close();
    await worker?.close();
    redis?.disconnect();
    server?.stop();
  });
  const tilesOf = (numerics: Numerics) =>
    new Queue(queueName(numerics, 'tiles'), {
      connection: { host: '127.0.0.1', port: server.port },
      prefix: 'sinkhorn',
    });
  const clouds = Array.from({ length: 6 }, (_, k) => cloud(k, 40));

  it('gives the bits of the cores of one machine, and has no tile computed twice', async () => {
    const here = await cores({ threads: 1, thread: await fleetThread() });
    const alone = await pairwise(loss, clouds, { on: here, side: 2 });
    await here.close();
    expect(await pairwise(loss, clouds, { on, side: 2 })).toEqual(alone);
    let reused = 0;
    const again = await pairwise(loss, clouds, {
      on,
      side: 2,
      onProgress: (progress) => {
        reused = progress.reused;
      },
    });
    expect(again).toEqual(alone);
    expect(reused).toBe(6);
  });

  it('counts the threads of all workers', async () => {
    expect(await on.workers()).toBe(2);
    const more = await serve({ connection: server.url, concurrency: 3, thread: await fleetThread() });
    await expect.poll(() => on.workers()).toBe(5);
    await more.close();
    await expect.poll(() => on.workers()).toBe(2);
  });

  it.each([
    ['of moving points', { free: true, start: cloud(74, 12) }],
    ['on a fixed support', { support: cloud(73, 30) }],
  ] as const)(
    'finds a barycenter %s with the bits of one machine, and leaves nothing of its steps behind',
    async (_, where) => {
      const measures = [cloud(71, 25), cloud(72, 20)];
      const options = { blur: 0.2, tolerance: 1e-2, ...where };
      const here = await cores({ threads: 1, thread: await fleetThread() });
      const alone = await barycenter(measures, { ...options, on: here } as never);
      await here.close();
      const keysLike = async (name: string) => (await redis.keys(`sinkhorn:${name}:*`)).sort();
      const before = await keysLike('out');
      const blobs = await keysLike('blob');
      const { diagnostics, ...found } = await barycenter(measures, { ...options, on } as never);
      const { diagnostics: told, ...same } = alone;
      expect(found).toEqual(same);
      expect(diagnostics).toMatchObject({ converged: true, iterations: told.iterations });
      expect(await keysLike('out')).toEqual(before);
      expect(await keysLike('step')).toEqual([]);
      expect(await keysLike('blob')).toEqual(blobs);

      // Stopped, its clouds go at once, and its results in an hour.
      const stop = new AbortController();
      const hear = () => stop.abort(new Error('enough'));
      const stopped = barycenter(measures, { ...options, on, signal: stop.signal, onProgress: hear } as never);
      await expect(stopped).rejects.toThrow('enough');
      expect(await keysLike('step')).toEqual([]);
      for (const key of await keysLike('out')) {
        if (before.includes(key)) continue;
        expect(await redis.ttl(key)).toBeLessThanOrEqual(3600);
        await redis.del(key);
      }
    },
  );

  it('shares the rows of a solve out, with the bits of one machine', async () => {
    const backend = await openBackend(on.numerics);
    const options = { blur: 0.1, strategy: 'dense', method: 'alternating' } as const;
    const alone = await sinkhornDivergence({ ...options, backend }).valueAndGradients(clouds[0], clouds[1]);
    const shared = await sinkhornDivergence({ ...options, backend: on }).valueAndGradients(clouds[0], clouds[1]);
    expect(shared.value).toBe(alone.value);
    expect(shared.x.points).toEqual(alone.x.points);
    backend.dispose();
  });

  it('computes again what is damaged, and mends a blob', async () => {
    const fresh = [cloud(50, 20), cloud(51, 20)];
    const hash = sha256(cloudBytes('x', fresh[0]));
    await redis.set(`sinkhorn:blob:${hash}`, 'damaged');
    const { values } = await pairwise(loss, fresh, { on });
    expect(failures.some((text) => text.includes('has other bytes'))).toBe(true);
    const [key] = (await redis.keys('sinkhorn:out:*')).slice(-1);
    await redis.set(key, 'damaged');
    expect((await pairwise(loss, fresh, { on })).values).toEqual(values);
    expect((await pairwise(loss, clouds, { on, side: 2 })).count).toBe(6);
  });

  it('refuses poisoned, truncated and oversized jobs, and goes on', async () => {
    const queue = tilesOf(numericsOf());
    const before = failures.length;
    const hashes = [sha256('a')];
    const tile = {
      kind: 'pairs',
      numerics: numericsOf(),
      loss: plainLoss(loss, 3),
      clouds: hashes,
      pairs: [[0, 0]],
    } as const;
    const bad = [
      [sha256('1'), tile],
      [sha256('2'), { ...tile, loss: { loss: '../module.js' } }],
      [sha256('3'), 'text'],
      [sha256('4'), { more: 'x'.repeat(2_000_000) }],
    ] as const;
    for (const [jobId, data] of bad) await queue.add('tiles', data, { jobId, removeOnFail: true });
    const other = { ...tile, numerics: { ...tile.numerics, version: '0.0.0' } };
    await queue.add('tiles', other, { jobId: tileId(other), removeOnFail: true });
    // One whose text ends too soon: it is no JSON any more.
    await queue.pause();
    await queue.add('tiles', tile, { jobId: 'truncated', removeOnFail: true });
    await redis.hset(`sinkhorn:${queue.name}:truncated`, 'data', '{"kind":"pa');
    await queue.resume();
    expect((await pairwise(loss, [cloud(60, 10), cloud(61, 10)], { on })).count).toBe(2);
    await expect.poll(() => failures.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(before + 5);
    const told = failures.slice(before).join('\n');
    for (const word of ['its key is not', 'allowed', 'a tile for version 0.0.0']) expect(told).toContain(word);
    await queue.remove('truncated').catch(() => 0);
    await queue.close();
  });

  it('takes what nobody has begun out of the queue when it is aborted', async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 24 }, (_, k) => cloud(200 + k, 60));
    const run = pairwise(loss, many, {
      on,
      side: 1,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
    const queue = tilesOf(numericsOf());
    await expect.poll(() => queue.getWaitingCount(), { timeout: 60_000 }).toBe(0);
    await queue.close();
  });

  it('leaves no tile in the queue when it is aborted where nobody serves, and none ahead of those that are on their way', async () => {
    const nobody = await fleet({ connection: server.url, precision: 'float64' });
    const queue = tilesOf(nobody.numerics);
    const many = Array.from({ length: 24 }, (_, k) => cloud(400 + k, 5));
    const stop = new AbortController();
    const told: FleetProgress[] = [];
    const run = pairwise(loss, many, {
      on: nobody,
      side: 1,
      signal: stop.signal,
      onProgress: (progress) => told.push(progress),
    });
    run.catch(() => {});
    await expect.poll(() => queue.getWaitingCount()).toBe(256);
    await expect.poll(() => told.length).toBeGreaterThan(1);
    expect(told[0]).toMatchObject({ done: 0, total: 300, workers: 0 });
    expect(await queue.getWaitingCount()).toBe(256);
    stop.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    expect(await queue.getJobCounts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
    await queue.close();
    await nobody.close();
  });

  it('leaves a tile to another run of the same process that waits for it too', async () => {
    const nobody = await fleet({ connection: server.url, prefix: 'shared' });
    const stop = new AbortController();
    const few = [cloud(450, 10), cloud(451, 10)];
    const [one, other] = [
      pairwise(loss, few, { on: nobody, signal: stop.signal }),
      pairwise(loss, few, { on: nobody }),
    ];
    one.catch(() => {});
    const queue = new Queue(queueName(nobody.numerics, 'tiles'), {
      connection: { host: '127.0.0.1', port: server.port },
      prefix: 'shared',
    });
    await expect.poll(() => queue.getWaitingCount()).toBe(1);
    stop.abort(new Error('enough'));
    await expect(one).rejects.toThrow('enough');
    expect(await queue.getWaitingCount()).toBe(1);
    const late = await serve({ connection: server.url, prefix: 'shared', concurrency: 1, thread: await fleetThread() });
    expect((await other).count).toBe(2);
    await late.close();
    await queue.close();
    await nobody.close();
  });

  it('computes again what was written rightly and is of another length', async () => {
    const few = [cloud(460, 10), cloud(461, 10)];
    const before = await redis.keys('sinkhorn:out:*');
    const found = await pairwise(loss, few, { on });
    const [key] = (await redis.keys('sinkhorn:out:*')).filter((name) => !before.includes(name));
    await redis.set(key, Buffer.from(resultBytes({ values: Float64Array.of(1, 2), accurate: [true, true] })));
    expect(await pairwise(loss, few, { on })).toEqual(found);
  });

  it('writes the matrix of a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clouds-'));
    for (const [k, name] of ['a', 'b', 'c'].entries())
      await writeFile(join(folder, `${name}.csv`), `x,y\n0,${k}\n1,${k}\n`);
    const out = join(folder, 'matrix.npy');
    let said = '';
    const io = {
      stdout: { write: (text: string) => (said += text) },
      stderr: { write: () => {} },
      signal: new AbortController().signal,
      env: {},
    };
    expect(await main(['pairwise', folder, '--out', out, '--loss', 'energy', '--redis', server.url], io)).toBe(0);
    expect(said).toContain('3 x 3');
    const bytes = await readFile(out);
    const values = new Float64Array(new Uint8Array(bytes.subarray(bytes.length - 72)).buffer);
    expect(values[1]).toBe(values[3]);
    expect(values[2]).toBeGreaterThan(values[1]);
  });

  it('has a matrix from machines that compute a part of its tiles each, without a queue', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clouds-'));
    for (let k = 0; k < 12; k++) {
      const { points } = cloud(500 + k, 15, 2);
      const lines = Array.from({ length: 15 }, (_, i) => `${points[2 * i]},${points[2 * i + 1]}`);
      await writeFile(join(folder, `${String(k).padStart(2, '0')}.csv`), `x,y\n${lines.join('\n')}\n`);
    }
    const program = await fleetProgram();
    const run = async (...args: string[]) => {
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        [program, 'pairwise', folder, '--loss', 'energy', '--prefix', 'alone', '--redis', server.url, ...args],
        { env: process.env },
      );
      return stdout + stderr;
    };
    expect(await run('--index', '0', '--of', '2')).toContain('3 tiles are in Redis, 0 of them from before');
    expect(await run('--index', '1', '--of', '2')).toContain('3 tiles are in Redis, 0 of them from before');
    expect(await run('--index', '0', '--of', '2')).toContain('3 of them from before');
    const out = join(await mkdtemp(join(tmpdir(), 'matrix-')), 'matrix.npy');
    // Nobody serves there: all of it is known.
    expect(await run('--out', out)).toContain('12 x 12');
    const bytes = await readFile(out);
    const values = new Float64Array(new Uint8Array(bytes.subarray(bytes.length - 8 * 144)).buffer);
    const [one, other] = [cloud(500, 15, 2), cloud(511, 15, 2)];
    const backend = await openBackend(on.numerics);
    expect(values[11]).toBeCloseTo((await energyDistance({ backend }).value(one, other)) as number, 6);
    expect(values[11]).toBe(values[132]);
    backend.dispose();
    await expect(run('--index', '2', '--of', '2')).rejects.toThrow(/index is 2: give a whole number from 0 to 1/);
    await expect(run('--index', '0')).rejects.toThrow(/--index and --of go together/);
    await expect(run()).rejects.toThrow(/give --out for the matrix, or --index and --of/);
  });

  it('goes on where the server dies and comes back', async () => {
    const many = Array.from({ length: 8 }, (_, k) => cloud(300 + k, 60));
    const here = await cores({ threads: 1, thread: await fleetThread() });
    const alone = await pairwise(loss, many, { on: here, side: 1 });
    await here.close();
    const run = pairwise(loss, many, { on, side: 1 });
    await server.crash();
    expect(await run).toEqual(alone);
  });
});

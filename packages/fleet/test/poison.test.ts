import { createServer, type ServerResponse } from 'node:http';
import { DeviceError, parameter, row } from '@sinkhorn/core';
import {
  type Fleet,
  type FleetError,
  fleet,
  httpStore,
  numericsOf,
  pairwise,
  plainLoss,
  type Served,
  serve,
  tileId,
} from '@sinkhorn/fleet';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { arrived } from '../src/blobStore.js';
import { sha256 } from '../src/canonical.js';
import { cloudBytes } from '../src/cloudBytes.js';
import { nodesOf } from '../src/formulaNodes.js';
import { limits } from '../src/limits.js';
import { queueName, sealed } from '../src/redisKeys.js';
import { cloud } from './clouds.js';
import { noRedis, type Server, startServer } from './redis.js';

const numerics = numericsOf();
const loss = { loss: 'sinkhornDivergence', options: { blur: 0.2 } } as const;

describe.skipIf(noRedis !== undefined)(`a worker that is sent poison${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: Server;
  let worker: Served;
  let on: Fleet;
  let redis: Redis;
  const ended: string[] = [];
  beforeAll(async () => {
    server = await startServer();
    worker = await serve({
      connection: server.url,
      concurrency: 2,
      thread: await fleetThread(),
      onJob: (id, error) => ended.push(error ? 'failed' : id),
    });
    on = await fleet({ connection: server.url });
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    await on?.close();
    await worker?.close();
    redis?.disconnect();
    server?.stop();
  });

  /** Sends a job and gives the reason why it failed. */
  async function reasonOf(of: 'tiles' | 'shards', data: unknown, jobId: string): Promise<string> {
    const connection = { host: '127.0.0.1', port: server.port };
    const queue = new Queue(queueName(numerics, of), { connection, prefix: 'sinkhorn' });
    const events = new QueueEvents(queue.name, { connection, prefix: 'sinkhorn' });
    await events.waitUntilReady();
    const reason = new Promise<string>((resolve) => {
      events.on('failed', (event) => event.jobId === jobId && resolve(event.failedReason));
      events.on('completed', (event) => event.jobId === jobId && resolve('completed'));
    });
    await queue.add(of, data, { jobId, removeOnComplete: true, removeOnFail: true });
    const found = await reason;
    await events.close();
    await queue.close();
    return found;
  }
  const put = async (bytes: Uint8Array, name = sha256(bytes)) => {
    await redis.set(`sinkhorn:blob:${name}`, Buffer.from(bytes));
    return name;
  };
  const tileOf = (clouds: readonly string[], more: object = {}) => ({
    kind: 'pairs',
    numerics,
    loss: plainLoss(loss, 3),
    clouds,
    pairs: [[0, clouds.length - 1]],
    ...more,
  });
  const reasonOfTile = (tile: ReturnType<typeof tileOf>) => reasonOf('tiles', tile, tileId(tile as never));

  it('says what is wrong with a blob', async () => {
    const good = cloudBytes('x', cloud(1, 10));
    const name = await put(good);
    expect(await reasonOfTile(tileOf([name, sha256('nobody')]))).toMatch(/^\[MISSING_BLOB\]/);
    const cut = cloudBytes('x', cloud(2, 10));
    await put(cut.subarray(0, 50), sha256(cut));
    expect(await reasonOfTile(tileOf([name, sha256(cut)]))).toMatch(/^\[CORRUPT_BLOB\] .* other bytes/);
    // Named rightly, and no clouds.
    expect(await reasonOfTile(tileOf([name, await put(new Uint8Array(100))]))).toMatch(/^\[CORRUPT_BLOB\] .* no cloud/);
    const huge = good.slice();
    new DataView(huge.buffer).setUint32(12, 0xffffffff, true);
    expect(await reasonOfTile(tileOf([name, await put(huge)]))).toMatch(/^\[CORRUPT_BLOB\] .* no cloud/);
    const infinite = good.slice();
    new DataView(infinite.buffer).setFloat32(16, Number.NaN, true);
    expect(await reasonOfTile(tileOf([name, await put(infinite)]))).toMatch(
      /^\[COMPUTATION_FAILED\] .*coordinate 0 of point 0/,
    );
    const flat = await put(cloudBytes('x', cloud(3, 10, 2)));
    expect(await reasonOfTile(tileOf([name, flat]))).toMatch(/^\[COMPUTATION_FAILED\]/);
  });

  it('says what is wrong with a tile', async () => {
    const name = await put(cloudBytes('x', cloud(1, 10)));
    const inner = { kind: 'inner', blur: 0.1, debias: true, tolerance: 1e-3, pairs: undefined, loss: undefined };
    const fixed = { kind: 'fixed', p: 2, blur: 0.1, diameter: 1, mass: 1, pairs: undefined, loss: undefined };
    const short = await put(cloudBytes('start', cloud(4, 3, 1)));
    for (const [more, reason] of [
      [{ ...fixed, p: 3, clouds: [name, name] }, /^\[INVALID_TILE\]/],
      [{ ...fixed, mass: 0, clouds: [name, name] }, /^\[INVALID_TILE\]/],
      [{ ...fixed, diameter: '1', clouds: [name, name] }, /^\[INVALID_TILE\]/],
      [{ ...fixed, clouds: [name, name, short] }, /^\[INVALID_TILE\] an inner problem has/],
      [
        { loss: { loss: 'sinkhornDivergence', options: { blur: null } } },
        /^\[INVALID_TILE\] option 'blur' is no plain value/,
      ],
      [{ loss: JSON.parse('{"loss":"sinkhornDivergence","options":{"__proto__":{"blur":1}}}') }, /^\[INVALID_TILE\]/],
      [{ loss: { loss: 'constructor' } }, /^\[INVALID_TILE\] loss is 'constructor'/],
      [
        { loss: { loss: 'sinkhornDivergence', options: { root: { toString: 1 } } } },
        /^\[INVALID_TILE\] option 'root' is no plain value/,
      ],
      [{ loss: { loss: 'sinkhornDivergence', options: { blur: -1 } } }, /^\[COMPUTATION_FAILED\] .*blur/],
      [
        { loss: { loss: 'sinkhornDivergence', options: { cost: { nodes: [['require', 'fs']], roots: [0] } } } },
        /^\[INVALID_TILE\]/,
      ],
      [{ kind: 'shell' }, /^\[INVALID_TILE\]/],
      [{ pairs: [[0, 1]] }, /^\[INVALID_TILE\]/],
      [{ ...inner, blur: 'wide' }, /^\[INVALID_TILE\]/],
      [{ ...inner, clouds: [name, name, name] }, /^\[INVALID_TILE\] an inner problem has/],
      [{ ...inner, clouds: [name] }, /^\[INVALID_TILE\]/],
      [{ numerics: { ...numerics, version: '9.9.9' } }, /^\[OTHER_NUMERICS\] a tile for version 9\.9\.9/],
      [{ pairs: Array.from({ length: 5000 }, () => [0, 0]) }, /^\[TOO_LARGE\]/],
    ] as const) {
      expect(await reasonOfTile(tileOf([name], more)), JSON.stringify(more).slice(0, 80)).toMatch(reason);
    }
    expect(await reasonOf('tiles', tileOf([name]), sha256('another'))).toMatch(/^\[INVALID_TILE\] .*its key is not/);
    expect(await reasonOf('tiles', 'text', sha256('text'))).toMatch(/^\[INVALID_TILE\]/);
    const deep = JSON.parse(`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`);
    expect(await reasonOf('tiles', deep, sha256('deep'))).toMatch(/^\[TOO_LARGE\] .* deep/);
  });

  it.each([
    ['data', 51],
    ['opts', 52],
  ] as const)('sends a tile again whose text was cut short in the store: %s', async (field, seed) => {
    const queue = new Queue(queueName(numerics, 'tiles'), {
      connection: { host: '127.0.0.1', port: server.port },
      prefix: 'sinkhorn',
    });
    const clouds = [cloud(seed, 10), cloud(seed + 10, 10)];
    await queue.pause();
    const run = pairwise(loss, clouds, { on });
    await expect.poll(() => queue.getWaitingCount()).toBe(1);
    const [id] = [...(await queue.getWaiting())].map((job) => String(job.id));
    await redis.hset(queue.toKey(id), field, '{"kind":"pa');
    await queue.resume();
    expect((await run).count).toBe(2);
    expect(await redis.exists(queue.toKey(id))).toBe(0);
    await queue.close();
  });

  it('says what is wrong with a part of a reduction', async () => {
    const array = async (name: string, values: Float32Array) => {
      await redis.set(`sinkhorn:array:${name}`, sealed(new Uint8Array(values.buffer)));
      return name;
    };
    const four = await array('poison-four', Float32Array.of(1, 2, 3, 4));
    const x = { shape: [4, 1], pieces: [four], starts: [0, 4] };
    const job = {
      kind: 'shard',
      numerics,
      precision: 'float32',
      reduction: 'sum',
      formulas: nodesOf([row('x')]),
      has: ['value'],
      rows: { x },
      columns: { y: x },
      parameters: {},
      from: 0,
      to: 4,
      out: ['poison-out'],
    };
    // Four lists of a pattern, whose last names a block that is not there.
    const pattern = Uint32Array.of(2, 2, 2, 1, 0, 4, 0, 4, 0, 1, 77);
    await redis.set('sinkhorn:array:poison-pattern', sealed(new Uint8Array(pattern.buffer)));
    await redis.set('sinkhorn:array:poison-short', sealed(new Uint8Array(pattern.buffer, 0, 20)));
    const damaged = sealed(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
    damaged[34] ^= 1;
    await redis.set('sinkhorn:array:poison-damaged', damaged);
    let k = 0;
    for (const [more, reason] of [
      [{ rows: { x: { ...x, pieces: ['poison-nobody'] } } }, /^\[MISSING_BLOB\]/],
      [{ rows: { x: { ...x, pieces: ['poison-damaged'] } } }, /^\[CORRUPT_BLOB\] array poison-damaged has other bytes/],
      [{ more: JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`) }, /^\[TOO_LARGE\]/],
      [{ rows: { x: { ...x, shape: [5, 1], starts: [0, 5] } } }, /^\[CORRUPT_BLOB\] a piece of an array has 4 numbers/],
      [{ to: 9 }, /^\[INVALID_TILE\] .*beyond/],
      [{ formulas: { nodes: [['unary', 'exp', 3]], roots: [0] } }, /^\[INVALID_TILE\]/],
      [{ formulas: nodesOf([row('z')]) }, /^\[COMPUTATION_FAILED\]/],
      [{ formulas: nodesOf([row('constructor')]) }, /^\[COMPUTATION_FAILED\] .*'constructor' has no array/],
      [{ formulas: nodesOf([parameter('toString')]) }, /^\[COMPUTATION_FAILED\] .*'toString' is undefined: give it/],
      [{ has: ['value', 'score'] }, /^\[INVALID_TILE\]/],
      [{ blocks: 'poison-pattern' }, /^\[COMPUTATION_FAILED\]/],
      [{ blocks: 'poison-short' }, /^\[CORRUPT_BLOB\]/],
      [{ columns: { y: { ...x, shape: [1e6, 1e6], starts: [0, 1e6] } } }, /^\[TOO_LARGE\]/],
    ] as const) {
      expect(await reasonOf('shards', { ...job, ...more }, `poison-${k++}`), JSON.stringify(more)).toMatch(reason);
    }
    expect(await reasonOf('shards', job, 'poison-none')).toBe('completed');
  });

  it('ends a solve whose arrays were damaged in the store, or lost there', async () => {
    const [x, y] = [cloud(31, 60), cloud(32, 60)];
    for (const [codes, harm] of [
      [['CORRUPT_BLOB'], (key: string) => redis.setrange(key, 40, 'damaged')],
      // Of a job whose result is lost each time before it is read, that is what is known.
      [['MISSING_BLOB', 'COMPUTATION_FAILED'], (key: string) => redis.del(key)],
    ] as const) {
      const sharing = await fleet({ connection: server.url, shards: 2, minPairs: 0 });
      let harming = true;
      const harmed = (async () => {
        while (harming) for (const key of await redis.keys('sinkhorn:array:*-*-*-*-*')) await harm(key);
      })();
      const failure = await sinkhornDivergence({ backend: sharing, blur: 0.05, method: 'alternating' })
        .value(x, y)
        .then(
          (value) => value,
          (error) => error,
        );
      harming = false;
      await harmed;
      await sharing.close();
      const told = failure instanceof DeviceError ? (failure.cause as FleetError) : failure;
      expect(codes).toContain((told as FleetError).code);
    }
  });

  it('says what to do where a cloud is larger than what the server takes', async () => {
    const small = await startServer(undefined, '--proto-max-bulk-len', '1048576');
    const asking = await fleet({ connection: small.url });
    await expect(pairwise(loss, [cloud(41, 90_000)], { on: asking })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/give a store/),
    });
    await asking.close();
    await small.stop();
  });

  it('goes on, and computes a tile once that is sent twice', async () => {
    const clouds = [cloud(21, 20), cloud(22, 20)];
    const [one, two] = [pairwise(loss, clouds, { on }), pairwise(loss, clouds, { on })];
    const before = ended.length;
    expect(await one).toEqual(await two);
    const other = await fleet({ connection: server.url });
    expect(await pairwise(loss, clouds, { on: other })).toEqual(await one);
    await other.close();
    expect(ended.slice(before).filter((id) => id !== 'failed').length).toBe(1);
  });
});

it.each([
  [
    'never ends',
    (answer: ServerResponse) => {
      const sending = setInterval(() => answer.write(Buffer.alloc(1 << 16)), 1);
      answer.on('close', () => clearInterval(sending));
    },
  ],
  ['breaks off', (answer: ServerResponse) => void setTimeout(() => answer.destroy(), 50)],
])('leaves a blob of a store that does not say how long it is, and %s', async (what, send) => {
  const most = limits.blobBytes;
  (limits as { blobBytes: number }).blobBytes = 1 << 20;
  let isGone = false;
  const http = createServer((_, answer) => {
    answer.on('close', () => {
      isGone = true;
    });
    answer.write(Buffer.alloc(1000));
    send(answer);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const store = httpStore(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`);
  await expect(arrived(store, sha256('endless'))).rejects.toMatchObject(
    what === 'never ends'
      ? { code: 'TOO_LARGE' }
      : { code: 'MISSING_BLOB', message: expect.stringMatching(/stopped after \d+ bytes/) },
  );
  await expect.poll(() => isGone).toBe(true);
  (limits as { blobBytes: number }).blobBytes = most;
  http.closeAllConnections();
  http.close();
});

it('refuses a blob that a store says is too large before it has it', async () => {
  const http = createServer((_, answer) => {
    answer.writeHead(200, { 'content-length': String(2 ** 31 + 1) });
    answer.write('x');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const store = httpStore(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`);
  const failure: FleetError = await arrived(store, sha256('large')).then(
    () => undefined as never,
    (error) => error,
  );
  expect(failure.code).toBe('TOO_LARGE');
  http.closeAllConnections();
  http.close();
});

import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cores, fleet, folderStore, httpStore, numericsOf, openBackend, pairwise, serve } from '@sinkhorn/fleet';
import { energyDistance } from '@sinkhorn/losses';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { resultBytes } from '../src/tileResult.js';
import { cloud } from './clouds.js';
import { noRedis, type Server, startServer } from './redis.js';

const loss = { loss: 'energyDistance' } as const;

describe.skipIf(noRedis !== undefined)(`a worker${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  it('computes a tile once that takes longer than its lock lasts, with its thread busy all the time', async () => {
    const bytes = [...resultBytes({ values: Float64Array.of(0, 7, 0), accurate: [true, true, true] })];
    const thread = join(await mkdtemp(join(tmpdir(), 'slow-')), 'thread.mjs');
    await writeFile(
      thread,
      `import { parentPort } from 'node:worker_threads';
parentPort.on('message', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 11_000);
  parentPort.postMessage({ done: [Uint8Array.from(${JSON.stringify(bytes)})] });
});`,
    );
    const ended: (Error | undefined)[] = [];
    const slow = { connection: server.url, concurrency: 1, prefix: 'slow', thread: pathToFileURL(thread) };
    const workers = [1, 2].map(() => serve({ ...slow, onJob: (_, error) => ended.push(error) }));
    const on = await fleet({ connection: server.url, prefix: 'slow' });
    const { values } = await pairwise(loss, [[[0]], [[1]]], { on });
    expect([...values]).toEqual([0, 7, 7, 0]);
    expect(ended).toEqual([undefined]);
    await on.close();
    for (const worker of workers) await (await worker).close();
  });

  it('takes large clouds from a folder, and from a store behind HTTP', async () => {
    const kept = new Map<string, Buffer>();
    const http = createServer((request, answer) => {
      const name = request.url ?? '';
      if (request.headers.authorization !== 'Bearer key') return answer.writeHead(401).end();
      if (request.method === 'PUT') {
        const parts: Buffer[] = [];
        request.on('data', (part) => parts.push(part));
        return request.on('end', () => {
          kept.set(name, Buffer.concat(parts));
          answer.writeHead(200).end();
        });
      }
      const found = kept.get(name);
      if (!found) return answer.writeHead(404).end();
      return answer
        .writeHead(200, { 'content-length': found.length })
        .end(request.method === 'HEAD' ? undefined : found);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const address = http.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/clouds`;
    const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
    const clouds = [cloud(1, 100), cloud(2, 100), cloud(3, 4)];
    const backend = await openBackend(numericsOf());
    const own = await energyDistance({ backend }).value(clouds[0], clouds[2]);
    const redis = new Redis(server.url);
    for (const [prefix, store] of [
      ['folder', folderStore(folder)],
      ['http', httpStore(url, { authorization: 'Bearer key' })],
    ] as const) {
      const thread = await fleetThread();
      const worker = await serve({ connection: server.url, concurrency: 1, prefix, store, thread });
      const on = await fleet({ connection: server.url, prefix, store, storeAbove: 1000 });
      const { values } = await pairwise(loss, clouds, { on });
      expect(values[2]).toBeCloseTo(own, 6);
      // The small one alone is in Redis.
      expect((await redis.keys(`${prefix}:blob:*`)).length).toBe(1);
      await on.close();
      await worker.close();
    }
    expect((await readdir(folder)).length).toBe(2);
    expect(kept.size).toBe(2);
    const refused = await fleet({ connection: server.url, prefix: 'refused', store: httpStore(url), storeAbove: 0 });
    await expect(pairwise(loss, clouds, { on: refused })).rejects.toMatchObject({ code: 'MISSING_BLOB' });
    await refused.close();
    redis.disconnect();
    backend.dispose();
    http.closeAllConnections();
    http.close();
  });

  it('shares results between runs and machines without a queue', async () => {
    const results = { connection: server.url, prefix: 'kept' };
    const clouds = Array.from({ length: 4 }, (_, k) => cloud(k, 10));
    let reused = 0;
    for (const expected of [0, 3]) {
      const on = await cores({ threads: 1, thread: await fleetThread(), results });
      await pairwise(loss, clouds, { on, side: 2, onProgress: (progress) => (reused = progress.reused) });
      expect(reused).toBe(expected);
      await on.close();
    }
  });
});

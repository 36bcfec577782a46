import { barycenter, fleet, pairwise } from '@sinkhorn/fleet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { startWorker } from '../../../tests/support/fleetWorker.js';
import { serve } from '../src/serve.js';
import { cloud } from './clouds.js';
import { noRedis, type Server, startServer } from './redis.js';

const loss = { loss: 'energyDistance' } as const;
const clouds = [cloud(1, 10), cloud(2, 10)];

describe.skipIf(noRedis !== undefined)(`a server that went away${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: Server;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.stop());

  it('holds up no abort, and nobody who leaves', async () => {
    const on = await fleet({ connection: server.url });
    await server.stop();
    for (const work of [
      (signal: AbortSignal) => pairwise(loss, clouds, { on, signal }),
      (signal: AbortSignal) => barycenter(clouds, { on, signal, blur: 0.2, support: cloud(3, 10) }),
    ]) {
      const stop = new AbortController();
      const run = work(stop.signal);
      run.catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      stop.abort(new Error('enough'));
      await expect(run).rejects.toThrow('enough');
    }
    await on.close();
  });

  it('holds up no worker that is told to end', async () => {
    const served = await serve({ connection: server.url, concurrency: 1, thread: await fleetThread() });
    const worker = await startWorker(['--redis', server.url, '--concurrency', '1']);
    await server.stop();
    await served.close();
    expect((await worker.stop()).status).toBe(0);
  });
});

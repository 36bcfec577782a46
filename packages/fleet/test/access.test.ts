import { readFileSync } from 'node:fs';
import { cores, fleet, pairwise, type Served, serve } from '@sinkhorn/fleet';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { startWorker } from '../../../tests/support/fleetWorker.js';
import { cloud } from './clouds.js';
import { certificate, noRedis, type Server, startServer } from './redis.js';

const tls = certificate();
const noTls = noRedis ?? (tls ? undefined : 'no openssl is installed, which makes certificates');
const loss = { loss: 'sinkhornDivergence', options: { blur: 0.1 } } as const;
const clouds = [cloud(1, 30), cloud(2, 30), cloud(3, 25)];
/** As the guide has it. */
const page = readFileSync(new URL('../../../docs/guide/fleets.md', import.meta.url), 'utf8');
const RIGHTS = [...page.matchAll(/^ACL SETUSER fleet (.+)$/gm)]
  .flatMap(([, rights]) => rights.split(' '))
  .map((right) => right.replace('>password', '>word'));

describe.each([
  { how: 'with a password', tls: undefined, why: noRedis },
  { how: 'with TLS', tls, why: noTls },
])('a server $how', ({ tls: used, why }) => {
  describe.skipIf(why !== undefined)(why ? `(skipped: ${why})` : 'and a user of few rights', () => {
    let server: Server;
    let worker: Served;
    let connection: RedisOptions;
    beforeAll(async () => {
      server = await startServer(used, '--requirepass', 'secret');
      connection = {
        host: '127.0.0.1',
        port: server.port,
        username: 'fleet',
        password: 'word',
        ...(used && { tls: { ca: readFileSync(used.cert) } }),
      };
      const admin = new Redis({ ...connection, username: 'default', password: 'secret' });
      await admin.acl('SETUSER', 'fleet', ...RIGHTS);
      admin.disconnect();
      worker = await serve({ connection, concurrency: 1, thread: await fleetThread() });
    });
    afterAll(async () => {
      await worker?.close();
      server?.stop();
    });

    it('lets that user serve and ask, tiles and shards', async () => {
      const here = await cores({ threads: 1, thread: await fleetThread() });
      const on = await fleet({ connection, shards: 2, minPairs: 0 });
      expect(await on.workers()).toBe(1);
      expect(await pairwise(loss, clouds, { on, side: 2 })).toEqual(
        await pairwise(loss, clouds, { on: here, side: 2 }),
      );
      const { sinkhornDivergence } = await import('@sinkhorn/losses');
      const value = await sinkhornDivergence({ backend: on, blur: 0.2 }).value(clouds[0], clouds[1]);
      expect(value).toBeGreaterThan(0);
      await on.close();
      await here.close();
    });

    it('lets the command serve by its address', async () => {
      const address = `${used ? 'rediss' : 'redis'}://fleet:word@127.0.0.1:${server.port}`;
      const env = { SINKHORN_REDIS: address, ...(used && { NODE_EXTRA_CA_CERTS: used.cert }) };
      const process = await startWorker(['--concurrency', '1'], env);
      const { status, said } = await process.stop();
      expect(said).toMatch(/serving 1 at a time/);
      expect(said).not.toContain('word');
      expect(status).toBe(0);
    });

    it('tells that user of a prefix that is not its own', async () => {
      const elsewhere = { connection, prefix: 'other' };
      for (const open of [() => serve(elsewhere), () => fleet(elsewhere), () => cores({ results: elsewhere })]) {
        await expect(open()).rejects.toThrow(/^prefix is 'other', and this user .*NOPERM.*or give it ~other:\*/);
      }
    });

    it('refuses that user all that a fleet does not need', async () => {
      const redis = new Redis(connection);
      for (const command of [
        ['FLUSHALL'],
        ['CONFIG', 'GET', '*'],
        ['KEYS', '*'],
        ['CLIENT', 'KILL', 'ID', '1'],
        ['GET', 'other'],
      ]) {
        await expect(redis.call(command[0], ...command.slice(1))).rejects.toThrow(/NOPERM/);
      }
      redis.disconnect();
    });

    it('refuses who has no password, or a wrong one', async () => {
      const { username: _, password: __, ...nobody } = connection;
      await expect(fleet({ connection: nobody })).rejects.toThrow(/NOAUTH/);
      await expect(serve({ connection: { ...connection, password: 'guess' } })).rejects.toThrow(/WRONGPASS/);
    });
  });
});

it('has a server with TLS in the guide that is started as this one', () => {
  for (const flag of [
    '--port 0',
    '--tls-port',
    '--tls-auth-clients no',
    '--tls-cert-file',
    '--tls-key-file',
    '--tls-ca-cert-file',
  ]) {
    expect(page).toContain(flag);
  }
});

describe.skipIf(noTls !== undefined)(`TLS${noTls ? ` (skipped: ${noTls})` : ''}`, () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(tls);
  });
  afterAll(() => server?.stop());

  it('refuses a certificate that nobody vouches for, and connections in the clear', async () => {
    await expect(fleet({ connection: server.url })).rejects.toThrow(/self-signed|certificate/);
    await expect(fleet({ connection: server.url.replace('rediss', 'redis') })).rejects.toThrow();
  });
});

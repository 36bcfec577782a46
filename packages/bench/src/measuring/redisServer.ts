import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** The program of a real server, or what the variable REDIS_SERVER names: no package of npm brings one along. */
export const redisProgram: string | undefined =
  process.env.REDIS_SERVER ?? ['redis-server', 'valkey-server'].find(isThere);

function isThere(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A server of its own on a free port of this machine, with its files on disk as in production. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** The processor's time that it took so far, in seconds. */
  cpuSeconds(): Promise<number>;
  /** kill -9, and a new process on the same files. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Files of a certificate and its key: with them the server speaks TLS alone. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** More of what the program takes on its command line. */
  readonly args?: readonly string[];
}

/** Starts a server; undefined where there is no program of one. */
export async function redisServer({ tls, args = [] }: RedisServerOptions = {}): Promise<RedisServer | undefined> {
  if (redisProgram === undefined) return undefined;
  const program = redisProgram;
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const listens = tls
    ? [
        ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.cert],
      ]
    : ['--port', String(port)];
  const kept = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  const connect = () => {
    const redis = new Redis({
      host: '127.0.0.1',
      port,
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
      ...(tls && { tls: { ca: readFileSync(tls.cert) } }),
    });
    redis.on('error', () => {});
    return redis;
  };
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(program, [...listens, ...kept, ...args], { stdio: 'ignore' });
    const redis = connect();
    // An answer of any kind: one that asks for a password is there too.
    await redis.ping().catch(() => {});
    redis.disconnect();
    return child;
  };
  let child = await start();
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  let asking: Redis | undefined;
  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    async cpuSeconds() {
      asking ??= connect();
      const told = await asking.info('cpu');
      const of = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(told)?.[1]);
      return of('used_cpu_user') + of('used_cpu_sys');
    },
    async crash() {
      await kill();
      child = await start();
    },
    async stop() {
      asking?.disconnect();
      await kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

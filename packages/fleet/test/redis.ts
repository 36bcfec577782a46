import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** The program of a real server: no package of npm brings one along. */
const program = process.env.REDIS_SERVER ?? ['redis-server', 'valkey-server'].find(isThere);

/** Why tests with a real server cannot run here, or undefined. */
export const noRedis = program
  ? undefined
  : 'neither redis-server nor valkey-server is installed: apt-get install redis-server, or name one by REDIS_SERVER';

function isThere(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A server of its own, on a free port of this machine. */
export interface Server {
  readonly port: number;
  readonly url: string;
  /** kill -9, and a new process on the same files. */
  crash(): Promise<void>;
  stop(): void;
}

/** A certificate for 127.0.0.1 that vouches for itself, with its key; undefined where there is no openssl to make it. */
export function certificate(): { readonly cert: string; readonly key: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const asked = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1';
  const args = ['req', ...asked.split(' '), '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
  try {
    execFileSync(process.env.OPENSSL ?? 'openssl', args, { stdio: 'ignore' });
    return { cert, key };
  } catch {
    return undefined;
  }
}

/** Starts a server; with a certificate it speaks TLS alone. */
export async function startServer(tls?: ReturnType<typeof certificate>, ...more: readonly string[]): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-redis-'));
  const port = await freePort();
  const listens = tls
    ? [
        ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.cert],
      ]
    : ['--port', String(port)];
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(
      program as string,
      [...listens, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', ...more],
      { stdio: 'ignore' },
    );
    const redis = new Redis({
      host: '127.0.0.1',
      port,
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
      ...(tls && { tls: { ca: readFileSync(tls.cert) } }),
    });
    redis.on('error', () => {});
    // An answer of any kind: one that asks for a password is there too.
    await redis.ping().catch(() => {});
    redis.disconnect();
    return child;
  };
  let child = await start();
  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    async crash() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      child = await start();
    },
    stop() {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
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

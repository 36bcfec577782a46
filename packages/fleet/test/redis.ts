import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, redisProgram, redisServer } from '../../bench/src/measuring/redisServer.js';

/** Why tests with a real server cannot run here, or undefined. */
export const noRedis = redisProgram
  ? undefined
  : 'neither redis-server nor valkey-server is installed: apt-get install redis-server, or name one by REDIS_SERVER';

export type Server = RedisServer;

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
export async function startServer(tls?: ReturnType<typeof certificate>, ...args: readonly string[]): Promise<Server> {
  return (await redisServer({ tls, args })) as Server;
}

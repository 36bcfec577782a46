import { InvalidOptionError } from '@sinkhorn/core';
import type { Redis, RedisOptions } from 'ioredis';

/** Where Redis or Valkey is: a URL, such as rediss://user:password@host:6379, or the options of ioredis, `tls` among them. */
export type Connection = string | RedisOptions;

/** How Redis is used. */
export interface RedisUse {
  readonly connection: Connection;
  /** What all keys begin with. Default 'sinkhorn'. */
  readonly prefix?: string;
  /** How long clouds and results are kept after their last use, in seconds. Default a week. */
  readonly keepSeconds?: number;
}

export const WEEK = 7 * 86_400;

/**
 * Checks how Redis is to be used.
 *
 * @throws InvalidOptionError naming what is wrong.
 */
export function checkRedisUse(use: RedisUse): void {
  if (typeof use !== 'object' || use === null) {
    throw new InvalidOptionError(`options is ${use}: give an object, such as { connection }`);
  }
  const { prefix, keepSeconds } = use;
  if (prefix !== undefined && (typeof prefix !== 'string' || prefix === '')) {
    throw new InvalidOptionError(`prefix is ${prefix === '' ? 'empty' : prefix}: give a word, such as 'sinkhorn'`);
  }
  if (keepSeconds !== undefined && !(Number.isSafeInteger(keepSeconds) && keepSeconds >= 1)) {
    throw new InvalidOptionError(`keepSeconds is ${keepSeconds}: give a whole number, 1 or more`);
  }
}

/** Opens a connection, which tries again for as long as the server is away. */
export async function openRedis(connection: Connection): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const lasting = { maxRetriesPerRequest: null, retryStrategy: (times: number) => Math.min(100 * times, 2000) };
  if (typeof connection === 'string') {
    if (!/^rediss?:\/\//.test(connection)) {
      throw new InvalidOptionError(
        `connection is no redis:// or rediss:// address: give one such as redis://127.0.0.1:6379`,
      );
    }
    try {
      return new Redis(connection, lasting);
    } catch {
      // What it says might have the password in it.
      throw new InvalidOptionError(
        'connection is no address that can be read: give one such as redis://user:password@host:6379, with %40 for @ in a password',
      );
    }
  }
  if (typeof connection !== 'object' || connection === null || Array.isArray(connection)) {
    throw new InvalidOptionError('connection is missing: give a redis:// address or { host, port }');
  }
  if ('duplicate' in connection) {
    throw new InvalidOptionError('connection is a client of Redis: give its address, or its options');
  }
  return new Redis({ ...connection, ...lasting });
}

const failures = new WeakSet<object>();

/** Whether an error is why Redis was not reached at the start. */
export const isOfConnection = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && failures.has(error);

/** The first failure to connect, or none where commands are answered: a wrong address or password should not be tried for ever. */
export async function firstAnswer(redis: Redis): Promise<void> {
  let onError: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    onError = reject;
    redis.once('error', onError);
  });
  try {
    await Promise.race([redis.ping(), failed]);
  } catch (error) {
    redis.disconnect();
    failures.add(error as Error);
    throw error;
  } finally {
    redis.off('error', onError);
  }
  redis.on('error', () => {});
}

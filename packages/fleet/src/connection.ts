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
    return new Redis(connection, lasting);
  }
  if (typeof connection !== 'object' || connection === null) {
    throw new InvalidOptionError('connection is missing: give a redis:// address or { host, port }');
  }
  return new Redis({ ...connection, ...lasting });
}

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
    throw error;
  } finally {
    redis.off('error', onError);
  }
  redis.on('error', () => {});
}

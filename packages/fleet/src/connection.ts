import { InvalidOptionError, type StopSignal } from '@sinkhorn/core';
import type { Redis, RedisOptions } from 'ioredis';
import { FleetError } from './errors.js';
import { unlessAborted } from './waiting.js';

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

/**
 * Opens a connection, which tries again for as long as the server is away once it has answered.
 *
 * @throws InvalidOptionError naming the option that is wrong, or keys that this user may not write; what ioredis throws, or FleetError, where
 *   the server is not reached or does not answer.
 */
export async function openRedis({ connection, prefix = 'sinkhorn' }: RedisUse, signal?: StopSignal): Promise<Redis> {
  signal?.throwIfAborted();
  const redis = await clientOf(connection);
  // Of what goes wrong later nobody has to know: it is tried again.
  redis.on('error', () => {});
  try {
    await firstAnswer(redis, signal);
    await unlessAborted(checkKeys(redis, prefix), signal);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}

async function clientOf(connection: Connection): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const lasting = { maxRetriesPerRequest: null, retryStrategy: (times: number) => Math.min(100 * times, 2000) };
  if (typeof connection === 'string') {
    checkAddress(connection);
    try {
      return new Redis(connection, lasting);
    } catch {
      throw unreadable();
    }
  }
  if (typeof connection !== 'object' || connection === null || Array.isArray(connection)) {
    throw new InvalidOptionError('connection is missing: give a redis:// address or { host, port }');
  }
  if ('duplicate' in connection) {
    throw new InvalidOptionError('connection is a client of Redis: give its address, or its options');
  }
  checkOptions(connection);
  return new Redis({ ...connection, ...lasting });
}

/** Without the address: it might have a password in it. */
const unreadable = () =>
  new InvalidOptionError(
    'connection is no address that can be read: give one such as redis://user:password@host:6379, with %40 for @ in a password and a port up to 65535',
  );

/** Checks an address: what ioredis reads another way, or passes over, would be another server or database. */
function checkAddress(address: string): void {
  if (!/^rediss?:\/\//.test(address)) {
    throw new InvalidOptionError(
      'connection is no redis:// or rediss:// address: give one such as redis://127.0.0.1:6379',
    );
  }
  if (!URL.canParse(address)) throw unreadable();
  const { pathname, port, searchParams } = new URL(address);
  if (port === '0') throw unreadable();
  if (!/^\/?\d*$/.test(pathname)) {
    throw new InvalidOptionError(
      `connection names the database '${pathname.slice(1, 80)}': give its number, as in redis://host:6379/0, or leave it out`,
    );
  }
  for (const name of searchParams.keys()) {
    if (name === 'family') continue;
    throw new InvalidOptionError(
      `connection has ?${name.slice(0, 80)} in its address: give an object instead, such as { host, port, ${name.slice(0, 80)} }`,
    );
  }
}

const isText = (value: unknown) => typeof value === 'string';
const isUsual = (usual: unknown) => (value: unknown) => value === usual;
const isWhole = (least: number, most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/**
 * Options of ioredis that are looked at, and what to do where they are otherwise: some would be found wrong far from here, or end the process; by
 * others commands are lost, keys are not those of workers, or answers are of another kind.
 */
const CHECKED: Readonly<Record<string, readonly [isRight: (value: unknown) => boolean, remedy: string]>> = {
  host: [isText, "give a name, such as '127.0.0.1'"],
  path: [isText, "give the path of a socket, such as '/run/redis.sock'"],
  port: [isWhole(1, 65_535), 'give a whole number from 1 to 65535'],
  family: [(value) => [0, 4, 6].includes(value as number), 'give 0, 4 or 6'],
  db: [isWhole(0, Number.MAX_SAFE_INTEGER), 'give the number of a database, such as 0'],
  connectTimeout: [isWhole(0, 2 ** 31 - 1), 'give a whole number of milliseconds'],
  keyPrefix: [isUsual(''), "leave it out, and give prefix beside connection, such as prefix: 'sinkhorn'"],
  enableOfflineQueue: [isUsual(true), 'leave it out: commands wait while Redis is away'],
  autoResendUnfulfilledCommands: [isUsual(true), 'leave it out: commands that Redis did not answer are sent again'],
  commandTimeout: [() => false, 'leave it out: workers wait for jobs for longer'],
  stringNumbers: [isUsual(false), 'leave it out: answers are read as numbers'],
  readOnly: [isUsual(false), 'leave it out: results are written'],
  replyMapping: [isUsual('legacy'), 'leave it out: answers are read in the usual form'],
};

function checkOptions(options: RedisOptions): void {
  for (const [name, [isRight, remedy]] of Object.entries(CHECKED)) {
    const value = (options as Readonly<Record<string, unknown>>)[name] ?? undefined;
    if (value !== undefined && !isRight(value)) {
      throw new InvalidOptionError(`connection.${name} is ${String(value)}: ${remedy}`);
    }
  }
}

const failures = new WeakSet<object>();

/** Whether an error is why Redis was not reached at the start. */
export const isOfConnection = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && failures.has(error);

/** How long a server may take for its first answer, in milliseconds: what listens on a port may be no Redis, and would be waited for for ever. Chosen. */
const ANSWER_MILLISECONDS = 10_000;

/** The first failure to connect, or none where commands are answered: a wrong address or password should not be tried for ever. */
async function firstAnswer(redis: Redis, signal: StopSignal | undefined): Promise<void> {
  let onError: (error: Error) => void = () => {};
  let patience: ReturnType<typeof setTimeout> | undefined;
  const failed = new Promise<never>((_, reject) => {
    const fail = (error: Error) => {
      failures.add(error);
      reject(error);
    };
    onError = fail;
    redis.once('error', onError);
    patience = setTimeout(() => {
      const { path, host, port } = redis.options;
      fail(
        new FleetError(
          'NO_ANSWER',
          `nothing that speaks as Redis answered at ${path ?? `${host}:${port}`} in ${ANSWER_MILLISECONDS / 1000} s: look whether it is Redis that listens there, with TLS or without as you ask for it, and whether it still loads its data`,
        ),
      );
    }, ANSWER_MILLISECONDS);
  });
  try {
    await unlessAborted(Promise.race([redis.ping(), failed]), signal);
  } finally {
    clearTimeout(patience);
    redis.off('error', onError);
  }
}

/** Checks that keys can be written: of a user who may write others alone, workers would see no job, and say nothing. */
async function checkKeys(redis: Redis, prefix: string): Promise<void> {
  try {
    await redis.set(`${prefix}:writes`, '', 'EX', 1);
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith('NOPERM')) throw error;
    throw new InvalidOptionError(
      `prefix is '${prefix}', and this user of Redis may not write keys that begin so (${message}): give the prefix that its rights have, or give it ~${prefix}:*`,
    );
  }
}

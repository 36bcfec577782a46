import type { Redis } from 'ioredis';

/** What stands in place of the data of a job whose text is no JSON. */
export const UNREADABLE = 'unreadable';

/** Sets a field of a job, unless it changed in between. */
const REPLACE = `if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end`;

/** The fields of a job that are text of JSON, and what can be read in their place. */
const FIELDS = {
  data: JSON.stringify(UNREADABLE),
  opts: JSON.stringify({ removeOnComplete: true, removeOnFail: true }),
} as const;

/**
 * Makes jobs readable whose text was cut or damaged in Redis. BullMQ cannot read them, and so neither computes nor ends them: they would come
 * again for ever, with nobody told. Now the next worker that takes one says what is wrong.
 *
 * @param keyOf - the key of a job, or of the list of those that are being computed.
 */
export async function replaceUnreadable(redis: Redis, keyOf: (name: string) => string): Promise<void> {
  for (const id of await redis.lrange(keyOf('active'), 0, -1)) {
    const key = keyOf(id);
    for (const [field, readable] of Object.entries(FIELDS)) {
      const text = await redis.hget(key, field);
      if (text !== null && !isJson(text)) await redis.eval(REPLACE, 1, key, field, text, readable);
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

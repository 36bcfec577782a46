import { createHash } from 'node:crypto';
import { FleetError } from './errors.js';
import { limits } from './limits.js';

/** The sha256 of bytes or text, in hexadecimal. */
export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

export const isHash = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);

/**
 * Plain data as text, the same for the same data: names in order, no entry that is undefined.
 *
 * @throws FleetError for what JSON cannot say: functions, NaN and infinities; and for lists and objects too deep within one another.
 */
export function canonical(value: unknown, depth = 0): string {
  if (depth > limits.nesting)
    throw new FleetError('TOO_LARGE', `data is more than ${limits.nesting} lists and objects deep`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, depth + 1)).join()}]`;
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each, depth + 1)}`).join()}}`;
  }
  throw new FleetError(
    'INVALID_TILE',
    `${typeof value === 'number' ? value : `a ${typeof value}`} is no plain data: give finite numbers, text, lists and objects`,
  );
}

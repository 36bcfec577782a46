import { column, expressionKey, row } from '@sinkhorn/core';
import type { Problem } from './problem.js';

/** Lists of numbers that are known already, by a key of all that decides them. */
export type Oracle = Map<string, readonly ArrayLike<number>[]>;

/** Gives lists of numbers that take long to compute and are the same wherever a suite runs: from what is known, or computed. */
export type Recall = <Lists extends readonly ArrayLike<number>[]>(
  key: string,
  compute: () => Lists | Promise<Lists>,
) => Promise<readonly ArrayLike<number>[]>;

/** Recalls from an oracle, and adds to it. */
export const recallFrom =
  (oracle: Oracle): Recall =>
  async (key, compute) => {
    const known = oracle.get(key);
    if (known) return known;
    const lists = await compute();
    oracle.set(key, lists);
    return lists;
  };

/** A key that differs where a text or a number does: MurmurHash3 (Appleby, 2011) in 32 bits, from two seeds. */
export function fingerprint(...parts: readonly (string | ArrayLike<number>)[]): string {
  return [0x2545f491, 0x9e3779b9].map((seed) => hash(seed, parts).toString(16).padStart(8, '0')).join('');
}

function hash(seed: number, parts: readonly (string | ArrayLike<number>)[]): number {
  let state = seed;
  const rotated = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));
  const mix = (word: number) => {
    state ^= Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    state = (Math.imul(rotated(state, 13), 5) + 0xe6546b64) | 0;
  };
  for (const part of parts) {
    mix(part.length);
    if (typeof part === 'string') for (let index = 0; index < part.length; index++) mix(part.charCodeAt(index));
    else new Uint32Array(Float64Array.from(part).buffer).forEach(mix);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** All that a problem says, as a text: infinities and formulas too. */
export function problemText({ cost, ...rest }: Problem, dimension: number): string {
  const numbers = JSON.stringify(rest, (_, value) => (typeof value === 'number' ? String(value) : value));
  return numbers + (cost ? expressionKey(cost(row('x', dimension), column('y', dimension))) : '');
}

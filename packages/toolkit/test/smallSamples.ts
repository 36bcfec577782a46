import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import type { Backend } from '@sinkhorn/core';

export const float32 = await wasm({ threads: 1 });
export const float64 = await wasm({ threads: 1, precision: 'float64' });
/** As a GPU is. */
export const float32Alone: Backend = { ...float32, inFloat64: undefined };
export const backends: [string, Backend][] = [
  ['cpu, float64', cpu()],
  ['wasm, float32', float32],
  ['wasm, float32 alone', float32Alone],
];

export const column = (values: readonly number[]) => values.map((value) => [value]);

/** The same numbers each time: between 0 and 1. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) / 2 ** 32;
  };
}

/** Of two times n answers, kx and ky of them yes: the hypergeometric share of tables that are as far apart. */
export function ofTable(n: number, kx: number, m: number, ky: number): number {
  const choose = (from: number, k: number) => {
    let result = 1;
    for (let i = 1; i <= k; i++) result = (result * (from - k + i)) / i;
    return result;
  };
  const yes = kx + ky;
  const apart = (k: number) => Math.abs(k / n - (yes - k) / m);
  let share = 0;
  for (let k = Math.max(0, yes - m); k <= Math.min(n, yes); k++) {
    if (apart(k) >= apart(kx) - 1e-12) share += (choose(n, k) * choose(m, yes - k)) / choose(n + m, yes);
  }
  return share;
}

export const answers = (count: number, yes: number) =>
  column(Array.from({ length: count }, (_, k) => (k < yes ? 1 : 0)));

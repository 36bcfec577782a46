import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import type { Backend } from '@sinkhorn/losses';
import { cloud, type TestCloud } from '../support/clouds.js';

export const backend = cpu();

/** Options of plans that are exact to rounding. */
export const exact = { backend, tolerance: 1e-13, maxIterations: 50_000, onInaccurate: 'ignore' } as const;

/** A device that has float32 alone, as GPUs do. */
export async function float32Alone(): Promise<Backend> {
  const device: Backend = await wasm({ threads: 1, precision: 'float32' });
  return new Proxy(device, {
    get: (target, key) => (key === 'inFloat64' ? undefined : Reflect.get(target, key, target)),
  });
}

export const x = cloud(7, 2, 1);
export const y = cloud(6, 2, 2, 0.3);
export const heavy = cloud(7, 2, 1, 0, 1.7);
export const light = cloud(6, 2, 2, 0.3, 0.8);

/** A cloud with some points of weight 0. */
export function withoutSome({ weights, ...rest }: TestCloud): TestCloud {
  const kept = weights.map((weight, k) => (k === 1 || k === 3 ? 0 : weight));
  const total = kept.reduce((sum, weight) => sum + weight);
  return { ...rest, weights: kept.map((weight) => weight / total) };
}

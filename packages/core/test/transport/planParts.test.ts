import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, checkMeasure, powerCost, runSync, type SinkhornOptions } from '@sinkhorn/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { solveNewton } from '../../src/divergence/sinkhorn/solveNewton.js';
import {
  applyPlan,
  barycentricMap,
  densePlan,
  extendPotentials,
  type PlanSource,
  planMarginal,
} from '../../src/transport/planParts.js';
import { draws } from '../support/draws.js';

/** A backend that has float32 alone, as GPUs do. */
const withoutFloat64 = (backend: Backend): Backend =>
  new Proxy(backend, { get: (target, key) => (key === 'inFloat64' ? undefined : Reflect.get(target, key, target)) });

let device: Backend;
beforeAll(async () => {
  device = await wasm({ threads: 1 });
});
afterAll(() => device.dispose());

const backends: [string, () => Backend][] = [
  ['wasm in float32', () => device],
  ['a device without float64', () => withoutFloat64(device)],
];

const relative = (found: ArrayLike<number>, truth: ArrayLike<number>) =>
  Math.hypot(...Array.from(found, (value, k) => value - truth[k])) / Math.hypot(...Array.from(truth));

describe.each([0.05, 1e-3, 1e-4])('at a blur of %f', (blur) => {
  const count = 15;
  const points = (seed: number) => Float64Array.from(draws(2 * count, seed));
  const weights = [0, ...draws(count - 1, 9)];
  const pair = {
    x: checkMeasure('x', {
      points: points(1),
      dimension: 2,
      weights: weights.map((w) => w / weights.reduce((s, v) => s + v)),
    }),
    y: checkMeasure('y', { points: points(2), dimension: 2 }),
  };
  const options: SinkhornOptions = {
    cost: powerCost(2),
    p: 2,
    homogeneous: true,
    blur,
    reach: { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY },
    scaling: 0.5,
    debias: true,
    tolerance: 1e-9,
    maxIterations: 5000,
  };
  const result = runSync(solveNewton(pair, options));
  if (!result) throw new Error('it was to be solved');
  const sourceOn = (backend: Backend): PlanSource => ({ backend, pair, options, potentials: result.potentials });
  const reference = sourceOn(cpu());

  test.each(backends)('%s has the marginals of the measures, and the plan of float64', (_name, backendOf) => {
    const source = sourceOn(backendOf());
    // Where all that there is is float32 and it is fine enough, it is used.
    const tolerance = blur === 0.05 && !source.backend.inFloat64 ? 1e-4 : 1e-8;
    const values = draws(3 * count, 4);
    for (const side of ['x', 'y'] as const) {
      expect(relative(runSync(planMarginal(source, side)), pair[side].weights)).toBeLessThan(tolerance);
      for (const pass of [
        (of: PlanSource) => densePlan(of, side),
        (of: PlanSource) => applyPlan(of, side, values, 3),
        (of: PlanSource) => barycentricMap(of, side),
      ]) {
        expect(relative(runSync(pass(source)), runSync(pass(reference)))).toBeLessThan(tolerance);
      }
    }
  });

  test.each(backends)('%s has the potentials at other points', (_name, backendOf) => {
    const at = checkMeasure('points', { points: points(3), dimension: 2 });
    const on = (backend: Backend) => runSync(extendPotentials(backend, pair, options, result.iterates, 'x', at, false));
    expect(relative(on(backendOf()).cross, on(cpu()).cross)).toBeLessThan(blur === 0.05 ? 1e-5 : 1e-8);
  });
});

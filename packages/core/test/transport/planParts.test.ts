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
  planCosts,
  planEntropies,
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
        (of: PlanSource) => planCosts(of, side),
        (of: PlanSource) => planEntropies(of, side),
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

describe('who goes through the pairs', () => {
  /** A float32 device, and one in float64 that belongs to it, with how many reductions each was asked for. */
  function counted(hasFloat64: boolean) {
    const asked = { float32: 0, float64: 0 };
    const counting = (backend: Backend, which: keyof typeof asked, inFloat64?: Backend): Backend =>
      new Proxy(backend, {
        get(target, key) {
          if (key === 'inFloat64') return inFloat64;
          if (key === 'reduce') asked[which]++;
          const value = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    if (!device.inFloat64) throw new Error('this wants a device with float64');
    const finer = hasFloat64 ? counting(device.inFloat64, 'float64') : undefined;
    return { backend: counting(device, 'float32', finer), asked };
  }

  const cloud = (name: string, count: number, width: number) =>
    checkMeasure(name, { points: draws(count, 5).map((value) => width * value), dimension: 1 });
  const optionsOf = (blur: number, tolerance: number | null = 1e-9): SinkhornOptions => ({
    cost: powerCost(2),
    p: 2,
    homogeneous: true,
    blur,
    reach: { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY },
    scaling: 0.5,
    debias: false,
    tolerance,
    maxIterations: 5000,
  });
  const small = { x: cloud('x', 6, 1), y: cloud('y', 5, 1) };
  const solved = (pair: typeof small, options: SinkhornOptions) => {
    const result = runSync(solveNewton(pair, { ...options, tolerance: 1e-9 }));
    if (!result) throw new Error('it was to be solved');
    return result;
  };

  const passes: [string, (of: PlanSource) => Parameters<typeof runSync>[0]][] = [
    ['marginals', (of) => planMarginal(of, 'x')],
    ['costs', (of) => planCosts(of, 'x')],
    ['entropies', (of) => planEntropies(of, 'x')],
    ['products', (of) => applyPlan(of, 'x', [1, 2, 3, 4, 5], 1)],
    ['maps', (of) => barycentricMap(of, 'x')],
    ['all entries', (of) => densePlan(of, 'x')],
  ];
  test.each(passes)('%s: the device in float64, the device where float32 will do, or else the host', (_name, pass) => {
    const askedAt = (blur: number, hasFloat64: boolean) => {
      const { backend, asked } = counted(hasFloat64);
      const options = optionsOf(blur);
      runSync(pass({ backend, pair: small, options, potentials: solved(small, options).potentials }));
      return asked;
    };
    expect(askedAt(1e-3, true)).toEqual({ float32: 0, float64: expect.any(Number) });
    expect(askedAt(1e-3, true).float64).toBeGreaterThan(0);
    expect(askedAt(0.1, false).float32).toBeGreaterThan(0);
    expect(askedAt(1e-3, false)).toEqual({ float32: 0, float64: 0 });
  });

  const at = checkMeasure('points', { points: [0.2, 0.4], dimension: 1 });
  function extended(pair: typeof small, options: SinkhornOptions, hasFloat64: boolean, onHost = false) {
    const { backend, asked } = counted(hasFloat64);
    const { cross } = runSync(
      extendPotentials(backend, pair, options, solved(pair, options).iterates, 'x', at, onHost),
    );
    return { ...asked, cross };
  }

  test('potentials elsewhere: on the host where they were found there', () => {
    expect(extended(small, optionsOf(0.1), true, true)).toMatchObject({ float32: 0, float64: 0 });
  });

  test('potentials elsewhere: in float64 where the device has it, and after a schedule in the precision that it ran in', () => {
    const toTolerance = extended(small, optionsOf(0.1), true);
    expect(toTolerance.float32).toBe(0);
    expect(toTolerance.float64).toBeGreaterThan(0);
    const bySchedule = extended(small, optionsOf(0.1, null), true);
    expect(bySchedule.float32).toBeGreaterThan(0);
    expect(bySchedule.float64).toBe(0);
    expect(relative(bySchedule.cross, toTolerance.cross)).toBeLessThan(1e-5);
  });

  test('potentials elsewhere: on the host where float32 is too coarse for the larger of the clouds, but after a schedule', () => {
    const wide = { x: cloud('x', 6, 1000), y: cloud('y', 5, 1) };
    const turned = { x: cloud('x', 5, 1), y: cloud('y', 6, 1000) };
    for (const pair of [wide, turned]) {
      expect(extended(pair, optionsOf(1), false)).toMatchObject({ float32: 0, float64: 0 });
    }
    expect(extended(small, optionsOf(1), false).float32).toBeGreaterThan(0);
    expect(extended(wide, optionsOf(1, null), false).float32).toBeGreaterThan(0);
  });

  test('a matrix with more entries than an array is refused before anything is computed', () => {
    const pair = { x: cloud('x', 5000, 1), y: cloud('y', 5000, 1) };
    const potentials = { f_ba: new Float64Array(5000), g_ab: new Float64Array(5000) };
    for (const hasFloat64 of [true, false]) {
      const { backend, asked } = counted(hasFloat64);
      const source = { backend, pair, options: optionsOf(1e-3), potentials } as unknown as PlanSource;
      expect(() => runSync(densePlan(source, 'x'))).toThrow(/5000/);
      expect(asked).toEqual({ float32: 0, float64: 0 });
    }
  });
});

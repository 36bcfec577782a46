import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backend/backend.js';
import { other, type Side } from '../../src/measure/side.js';
import { runSync } from '../../src/tasks/drivers.js';
import { densePlan } from '../../src/transport/densePlan.js';
import { applyPlan, type PlanSource, planCosts, planEntropies, planMarginal } from '../../src/transport/plan.js';
import { randomCloud } from '../support/clouds.js';
import { asymmetric } from '../support/costs.js';
import { BALANCED, type DenseProblem } from '../support/denseTransport.js';
import { pairOf } from '../support/deviceProblem.js';
import { draws } from '../support/draws.js';

/** The reference backend, with the number of its calls. */
function counted() {
  const calls = { array: 0, reduce: 0, held: 0 };
  const backend = cpu();
  const counting: Backend = {
    ...backend,
    array(values, shape) {
      calls.array += 1;
      calls.held += 1;
      return backend.array(values, shape);
    },
    reduce(reduction) {
      calls.reduce += 1;
      const results = backend.reduce(reduction);
      calls.held += results.length;
      return results;
    },
    release(array) {
      calls.held -= 1;
      backend.release(array);
    },
  };
  return { calls, backend: counting };
}

const EPSILON = 0.3;

/** Problems with potentials that solve nothing: a plan is a formula, whatever they are. */
function planOf(sizes: Readonly<Record<Side, number>>, batch = 1) {
  const problems = Array.from(
    { length: batch },
    (_, element): DenseProblem => ({
      x: randomCloud(sizes.x, 1 + element),
      y: randomCloud(sizes.y, 101 + element, { corner: 0.2 }),
      cost: asymmetric,
      epsilon: EPSILON,
      rho: BALANCED,
    }),
  );
  const { calls, backend } = counted();
  const potentials = { f_ba: draws(batch * sizes.x, 5), g_ab: draws(batch * sizes.y, 6) };
  const source: PlanSource = {
    backend,
    pair: pairOf(problems),
    options: {
      cost: asymmetric.formula,
      p: 2,
      homogeneous: false,
      blur: Math.sqrt(EPSILON),
      reach: BALANCED,
      scaling: 0.5,
      debias: false,
      tolerance: null,
      maxIterations: 1,
    },
    potentials,
  };
  /** pi_ij of an element */
  const entry = (element: number, i: number, j: number) => {
    const { x, y } = problems[element];
    const [f, g] = [potentials.f_ba[element * sizes.x + i], potentials.g_ab[element * sizes.y + j]];
    return x.weights[i] * y.weights[j] * Math.exp((f + g - asymmetric.plain(x.points[i], y.points[j])) / EPSILON);
  };
  const costOf = (element: number, i: number, j: number) =>
    asymmetric.plain(problems[element].x.points[i], problems[element].y.points[j]);
  return { calls, source, entry, costOf };
}

function expectRelative(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  const errors = Array.from(found, (value, index) => Math.abs(value - expected[index]) / Math.abs(expected[index]));
  expect(Math.max(...errors)).toBeLessThan(1e-12);
}

const sizesOf = [
  { name: 'with fewer columns than one reduction takes', sizes: { x: 3, y: 70 }, batch: 1 },
  { name: 'with more', sizes: { x: 2, y: 1030 }, batch: 1 },
  { name: 'in a batch of few', sizes: { x: 20, y: 30 }, batch: 3 },
  { name: 'in a batch of many', sizes: { x: 4, y: 5 }, batch: 12 },
];

describe.each(sizesOf)('a plan $name', ({ sizes, batch }) => {
  test.each(['x', 'y'] as const)('is from %s the matrix of its formula, and holds nothing afterwards', (side) => {
    const { calls, source, entry } = planOf(sizes, batch);
    const expected: number[] = [];
    for (let element = 0; element < batch; element++) {
      for (let row = 0; row < sizes[side]; row++) {
        for (let column = 0; column < sizes[other(side)]; column++) {
          expected.push(side === 'x' ? entry(element, row, column) : entry(element, column, row));
        }
      }
    }
    const dense = runSync(densePlan(source, side));
    expectRelative(dense, expected);
    expect(calls.held).toBe(0);
    const turned = runSync(densePlan(source, other(side)));
    const [rows, columns] = [sizes[side], sizes[other(side)]];
    const turn = (at: number) => {
      const [element, j, i] = [Math.floor(at / (rows * columns)), Math.floor(at / rows) % columns, at % rows];
      return (element * rows + i) * columns + j;
    };
    expect(turned).toEqual(turned.map((_, at) => dense[turn(at)]));
  });
});

test('a plan of 1000 points by 1000 is a matrix in few reductions', () => {
  const { calls, source, entry } = planOf({ x: 1000, y: 1000 });
  const dense = runSync(densePlan(source, 'x'));
  expect(calls.reduce).toBeLessThanOrEqual(20);
  expect(calls.array).toBeLessThanOrEqual(40);
  expect(dense.length).toBe(1_000_000);
  const places = [0, 999, 1000, 123_456, 999_999];
  expectRelative(
    places.map((place) => dense[place]),
    places.map((place) => entry(0, Math.floor(place / 1000), place % 1000)),
  );
});

test.each([1, 64, 65, 200])('a plan goes to %i values of a point in reductions of at most 64', (size) => {
  const { calls, source, entry } = planOf({ x: 7, y: 9 }, 2);
  const values = draws(2 * 9 * size, 7);
  const applied = runSync(applyPlan(source, 'x', values, size));
  expect(calls.reduce).toBe(Math.ceil(size / 64));
  expect(calls.held).toBe(0);
  const expected = Array.from({ length: 2 * 7 * size }, (_, at) => {
    const [element, i, c] = [Math.floor(at / (7 * size)), Math.floor(at / size) % 7, at % size];
    return Array.from({ length: 9 }, (_, j) => entry(element, i, j) * values[(element * 9 + j) * size + c]).reduce(
      (sum, term) => sum + term,
    );
  });
  expectRelative(applied, expected);
});

describe.each(['x', 'y'] as const)('what a plan of a batch moves from each point of %s', (side) => {
  const [batch, sizes] = [2, { x: 6, y: 9 }];
  const { calls, source, entry, costOf } = planOf(sizes, batch);
  /** A sum over the other side for each point, of the plan's entries, their costs and their shares of the row. */
  const sums = (term: (mass: number, cost: number, share: number) => number) => {
    const found: number[] = [];
    for (let element = 0; element < batch; element++) {
      for (let row = 0; row < sizes[side]; row++) {
        const places = Array.from({ length: sizes[other(side)] }, (_, column) =>
          side === 'x' ? ([element, row, column] as const) : ([element, column, row] as const),
        );
        const mass = places.reduce((sum, place) => sum + entry(...place), 0);
        found.push(
          places.reduce((sum, place) => sum + term(entry(...place), costOf(...place), entry(...place) / mass), 0),
        );
      }
    }
    return found;
  };

  test('is its mass', () =>
    expectRelative(
      runSync(planMarginal(source, side)),
      sums((mass) => mass),
    ));
  test('costs so much', () =>
    expectRelative(
      runSync(planCosts(source, side)),
      sums((mass, cost) => mass * cost),
    ));
  test('goes to as many places as its entropy says', () => {
    expectRelative(
      runSync(planEntropies(source, side)),
      sums((mass, _, share) => -mass * Math.log(share)),
    );
    expect(calls.held).toBe(0);
  });
});

test('a pass tells the share of the values that are behind it', () => {
  const { source } = planOf({ x: 3, y: 4 });
  const shares: (number | undefined)[] = [];
  const values = draws(4 * 200, 9);
  runSync(applyPlan(source, 'x', values, 200), {
    onProgress: ({ stage, share }) => {
      expect(stage).toBe('plan');
      shares.push(share);
    },
  });
  expect(shares.length).toBeGreaterThan(1);
  expect(shares[0]).toBe(0);
  for (const [k, share] of shares.entries()) {
    if (k > 0) expect(share).toBeGreaterThan(shares[k - 1] as number);
    expect(share).toBeLessThan(1);
  }
});

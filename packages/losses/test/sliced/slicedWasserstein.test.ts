import { readFileSync } from 'node:fs';
import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { describe, expect, it, test } from 'vitest';
import { changed, cloud } from '../support/clouds.js';

interface SlicedCase {
  id: string;
  p: number;
  x: number[][];
  a: number[];
  y: number[][];
  b: number[];
  directions: number[][];
  value: number;
  per_direction: number[];
  standard_error: number;
  grad_x: number[][];
  grad_y: number[][];
  grad_a: number[];
  grad_b: number[];
}
const file = new URL('../reference/line_sliced.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: SlicedCase[] };
const expectClose = (found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number) => {
  expect(found.length).toBe(wanted.length);
  for (let k = 0; k < found.length; k++) expect(Math.abs(found[k] - wanted[k])).toBeLessThan(tolerance);
};
/** Derivatives in weights carry a meaning but for their mean. */
const centred = (values: ArrayLike<number>, weights: ArrayLike<number>) => {
  const list = Array.from(values);
  const mass = Array.from(weights).reduce((sum, weight) => sum + weight, 0);
  const mean = list.reduce((sum, value, k) => sum + value * weights[k], 0) / mass;
  return list.map((value) => value - mean);
};

describe.each(cases.filter(({ id }) => id.startsWith('sliced')))('$id', ({ p, x, a, y, b, directions, ...wanted }) => {
  it('has the numbers of the reference', () => {
    const dimension = x[0].length;
    const loss = slicedWasserstein({ p, directions: directions.flat() });
    const solution = loss.solveSync(
      { points: x.flat(), dimension, weights: a },
      { points: y.flat(), dimension, weights: b },
    );
    expect(Math.abs(solution.value - wanted.value)).toBeLessThan(1e-14);
    expectClose(solution.perDirection, wanted.per_direction, 1e-14);
    expect(Math.abs((solution.standardError as number) - wanted.standard_error)).toBeLessThan(1e-14);
    const gradients = solution.gradientsSync('both');
    expectClose(gradients.x.points, wanted.grad_x.flat(), 1e-14);
    expectClose(gradients.y.points, wanted.grad_y.flat(), 1e-14);
    expectClose(gradients.x.weights, centred(wanted.grad_a, a), 1e-13);
    expectClose(gradients.y.weights, centred(wanted.grad_b, b), 1e-13);
  });
});

test.each([1, 2, 1.5])('gradients are those of central differences, p = %s', (p) => {
  const [x, y] = [cloud(9, 3, 3), cloud(7, 3, 4)];
  const loss = slicedWasserstein({ p, directions: 12, seed: 5 });
  const both = loss.valueAndGradientsSync(x, y, { wrt: 'both' });
  x.points.forEach((_, k) => {
    const at = (h: number) => loss.valueSync(changed(x, 'points', k, h), y);
    expect(Math.abs((at(1e-6) - at(-1e-6)) / 2e-6 - both.x.points[k])).toBeLessThan(1e-7);
  });
  const at = (h: number) => loss.valueSync(x, changed(changed(y, 'weights', 1, h), 'weights', 4, -h));
  expect(Math.abs((at(1e-7) - at(-1e-7)) / 2e-7 - (both.y.weights[1] - both.y.weights[4]))).toBeLessThan(1e-7);
});

test.each([2, 3, 6, 17])('a translation by v costs |v|^2 / 2D, in %s dimensions', (dimension) => {
  const x = cloud(20, dimension, 1);
  const y = { ...x, points: x.points.map((part, k) => part + (k % dimension === 0 ? 3 : 0)) };
  const solution = slicedWasserstein({ directions: 4 * dimension }).solveSync(x, y);
  expect(solution.value).toBeCloseTo(9 / (2 * dimension), 12);
  const independent = slicedWasserstein({ directions: 4 * dimension, orthogonal: false }).solveSync(x, y);
  expect(Math.abs(independent.value - 9 / (2 * dimension))).toBeLessThan(5 * (independent.standardError as number));
});

test('standard errors say how far estimates are off', () => {
  const [x, y] = [cloud(30, 3, 1), cloud(30, 3, 2, 0.3)];
  const truth = slicedWasserstein({ p: 1, directions: 30_000, seed: 99 }).valueSync(x, y);
  for (const orthogonal of [true, false]) {
    let squares = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { value, standardError } = slicedWasserstein({ p: 1, directions: 60, seed, orthogonal }).solveSync(x, y);
      squares += ((value - truth) / (standardError as number)) ** 2 / 60;
    }
    expect(squares).toBeGreaterThan(0.5);
    expect(squares).toBeLessThan(2);
  }
});

test.each([
  [10, 20],
  [6, 18],
])(
  'two standard errors hold the value nineteen times in twenty: %s dimensions, %s directions',
  (dimension, directions) => {
    const [x, y] = [cloud(30, dimension, 1), cloud(25, dimension, 2, 0.1)];
    const truth = slicedWasserstein({ p: 1, directions: 20_000, seed: 99 }).valueSync(x, y);
    let within = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { value, standardError } = slicedWasserstein({ p: 1, directions, seed }).solveSync(x, y);
      if (Math.abs(value - truth) <= 2 * (standardError as number)) within += 1;
    }
    expect(within).toBeGreaterThanOrEqual(180);
  },
);

test('the same seed draws the same directions, unit vectors in orthogonal blocks', () => {
  const [x, y] = [cloud(5, 4, 1), cloud(5, 4, 2)];
  const { directions } = slicedWasserstein({ directions: 10, seed: 3 }).solveSync(x, y);
  expect(slicedWasserstein({ directions: 10, seed: 3 }).solveSync(x, y).directions).toEqual(directions);
  expect(slicedWasserstein({ directions: 10, seed: 4 }).solveSync(x, y).directions).not.toEqual(directions);
  for (let one = 0; one < 8; one++) {
    for (let other = 0; other <= one; other++) {
      if (Math.floor(one / 4) !== Math.floor(other / 4)) continue;
      const product = directions
        .subarray(4 * one, 4 * one + 4)
        .reduce((sum, part, c) => sum + part * directions[4 * other + c], 0);
      expect(Math.abs(product - (one === other ? 1 : 0))).toBeLessThan(1e-14);
    }
  }
});

test('the largest slice of a translation is along it, and no given one is larger', async () => {
  const x = cloud(20, 3, 1);
  const v = [1, 2, 2];
  const moved = { ...x, points: x.points.map((part, k) => part + v[k % 3]) };
  const { value, direction } = await (await slicedWasserstein({ directions: 6 }).solve(x, moved)).max();
  expect(value).toBeCloseTo(4.5, 10);
  expect(Math.abs(direction[0] + 2 * direction[1] + 2 * direction[2])).toBeCloseTo(3, 6);
  const solution = slicedWasserstein({ p: 1.5, directions: 50 }).solveSync(x, cloud(15, 3, 4));
  const largest = solution.maxSync();
  expect(largest.value).toBeGreaterThanOrEqual(Math.max(...solution.perDirection));
  expect(slicedWasserstein({ p: 1.5, directions: largest.direction }).valueSync(x, cloud(15, 3, 4))).toBeCloseTo(
    largest.value as number,
    13,
  );
});

test('batches, shares, one dimension, and what is refused', () => {
  const data = { data: [0, 0, 1, 0, 5, 1, 2, 3], shape: [2, 2, 2] as const };
  const solution = slicedWasserstein({ directions: 7 }).solveSync(data, {
    data: [1, 0, 1, 1, 5, 1, 2, 3],
    shape: [2, 2, 2],
  });
  expect(solution.value.length).toBe(2);
  expect((solution.standardError as Float64Array)[1]).toBe(0);
  expect((solution.maxSync().value as Float64Array)[1]).toBe(0);
  expect(solution.maxSync().direction.length).toBe(4);
  const counts = { points: [0, 0, 1, 1], dimension: 2, weights: [3, 1] };
  const shares = { ...counts, weights: [0.75, 0.25] };
  const y = { points: [2, 0], dimension: 2 };
  const scaled = slicedWasserstein({ normalize: true }).solveSync(counts, y);
  const plain = slicedWasserstein().solveSync(shares, y);
  expect(scaled.value).toBe(plain.value);
  expect(scaled.maxSync().value).toBe(plain.maxSync().value);
  expect(slicedWasserstein({ p: 1 }).solveSync([[0]], [[2]])).toMatchObject({ value: 2, standardError: 0 });
  expect(slicedWasserstein({ directions: 1, orthogonal: false }).solveSync([[0, 0]], [[2, 0]]).standardError).toBe(
    Infinity,
  );
  expect(() => slicedWasserstein().valueSync(counts, y)).toThrow(/normalize: true/);
  expect(() => slicedWasserstein({ directions: 0 })).toThrow(/directions is 0/);
  expect(() => slicedWasserstein({ directions: [1, 1] }).valueSync(y, y)).toThrow(/number 0 has length 1.41/);
  expect(() => slicedWasserstein({ directions: [1, 0, 0] }).valueSync(y, y)).toThrow(
    /not a multiple of the 2 coordinates/,
  );
  expect(() => slicedWasserstein({ directions: [1, 0], seed: 1 })).toThrow(/leave them out/);
  expect(() => slicedWasserstein({ seed: 0.5 })).toThrow(/seed is 0.5/);
  for (const none of [null, '3', {}, true]) {
    expect(() => slicedWasserstein({ directions: none as unknown as number })).toThrow(
      /directions is .*: give a whole/,
    );
  }
});

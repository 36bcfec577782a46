import { readFileSync } from 'node:fs';
import { InvalidMeasureError, InvalidOptionError } from '@sinkhorn/core';
import { combine } from '@sinkhorn/losses';
import { transportOnLine } from '@sinkhorn/losses/line';
import { describe, expect, it, test } from 'vitest';
import { certificate } from '../support/certificate.js';
import { changed, cloud, type TestCloud } from '../support/clouds.js';

interface LineCase {
  id: string;
  p: number;
  period?: number;
  x: number[];
  a: number[];
  y: number[];
  b: number[];
  value: number;
  grad_x: number[];
  grad_y: number[];
  potential_x: number[];
  potential_y: number[];
  plan: { i: number[]; j: number[]; mass: number[] };
}
const file = new URL('../reference/line_sliced.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: LineCase[] };
const lines = cases.filter(({ id }) => id.startsWith('line'));
const circles = cases.filter(({ id }) => id.startsWith('circle'));

const measure = (points: ArrayLike<number>, weights?: ArrayLike<number>) => ({ points, dimension: 1, weights });
const expectClose = (found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number) => {
  expect(found.length).toBe(wanted.length);
  const most = Array.from(found, (value, k) => Math.abs(value - wanted[k])).reduce((a, b) => Math.max(a, b), 0);
  expect(most).toBeLessThan(tolerance);
};

describe.each(lines)('$id', ({ p, x, a, y, b, ...wanted }) => {
  const loss = transportOnLine({ p });
  const solution = loss.solveSync(measure(x, a), measure(y, b));

  it('has the value, the gradients and the plan of the reference', () => {
    expect(Math.abs(solution.value - wanted.value)).toBeLessThan(1e-14);
    const gradients = solution.gradientsSync('both');
    expectClose(gradients.x.points, wanted.grad_x, 1e-14);
    expectClose(gradients.y.points, wanted.grad_y, 1e-14);
    expectClose(gradients.x.weights, wanted.potential_x, 1e-13);
    // The reference has another number where y has no weight, which is no derivative: that is tested by itself below.
    const weighty = (_: number, j: number) => b[j] > 0;
    expectClose(gradients.y.weights.filter(weighty), wanted.potential_y.filter(weighty), 1e-13);
    const { plan } = solution;
    const dense = (pairs: { i: ArrayLike<number>; j: ArrayLike<number>; mass: ArrayLike<number> }) => {
      const matrix = new Float64Array(x.length * y.length);
      for (let k = 0; k < pairs.mass.length; k++) matrix[pairs.i[k] * y.length + pairs.j[k]] += pairs.mass[k];
      return matrix;
    };
    expectClose(dense(plan), dense(wanted.plan), 1e-15);
  });
});

describe.each(circles)('$id', ({ p, period = 0, x, a, y, b, value }) => {
  it('has the value of the reference', () => {
    const loss = transportOnLine({ p, period });
    expect(Math.abs(loss.valueSync(measure(x, a), measure(y, b)) - value)).toBeLessThan(1e-14);
  });
});

/** Clouds with what makes trouble: ties in place, weights of 0, next to 0 and far apart in size, counts, whole turns around a circle. */
function uglyCloud(count: number, seed: number): TestCloud {
  const { points, weights } = cloud(count, 1, seed);
  const kind = seed % 5;
  if (kind === 0) for (let k = 0; k < count; k++) weights[k] = 1 / count;
  if (kind === 1) for (let k = 0; k < count; k++) points[k] = Math.floor(points[k] * 5) / 5;
  if (kind === 2) for (let k = 0; k < count; k += 3) weights[k] = k % 2 ? 0 : 1e-16 * weights[k];
  if (kind === 3) for (let k = 0; k < count; k++) weights[k] = Math.floor(10 * weights[k] * count) % 4;
  if (kind === 4) for (let k = 0; k < count; k++) points[k] = (k % 2 ? 1 : -1) * points[k] * 3;
  weights[0] ||= 1;
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  return { points, dimension: 1, weights: weights.map((weight) => weight / mass) };
}

/** The cost on a line or a circle, written down anew. */
const costOf =
  (p: number, period: number | undefined, x: ArrayLike<number>, y: ArrayLike<number>) => (i: number, j: number) => {
    let distance = Math.abs(x[i] - y[j]);
    if (period !== undefined) {
      distance %= period;
      distance = Math.min(distance, period - distance);
    }
    return distance ** p / p;
  };

describe.each([undefined, 1, 0.37])('with period %s', (period) => {
  describe.each([1, 1.5, 2, 4])('p = %s', (p) => {
    const loss = transportOnLine({ p, period });

    it('plans are optimal, as their potentials prove', () => {
      for (let seed = 0; seed < 60; seed++) {
        const x = uglyCloud(1 + ((seed * 7) % 23), seed);
        const y = uglyCloud(1 + ((seed * 11) % 19), (seed * 3) % 61);
        const solution = loss.solveSync(x, y);
        const scale = 3 ** p;
        const proof = certificate(solution, x.weights, y.weights, costOf(p, period, x.points, y.points));
        expect(proof.marginal, `seed ${seed}`).toBeLessThan(1e-14);
        expect(proof.infeasible, `seed ${seed}`).toBeLessThan(1e-13 * scale);
        expect(Math.abs(proof.primal - solution.value), `seed ${seed}`).toBeLessThan(1e-14 * scale);
        expect(Math.abs(proof.primal - proof.dual), `seed ${seed}`).toBeLessThan(1e-13 * scale);
        expect(solution.plan.mass.length).toBeLessThan(x.points.length + y.points.length);
      }
    });

    it('the gradient in points is that of central differences', () => {
      const [x, y] = [cloud(9, 1, 3), cloud(7, 1, 4)];
      const { points } = loss.valueAndGradientsSync(x, y).x;
      x.points.forEach((_, k) => {
        const at = (h: number) => loss.valueSync(changed(x, 'points', k, h), y);
        expect(Math.abs((at(1e-6) - at(-1e-6)) / 2e-6 - points[k])).toBeLessThan(1e-7);
      });
    });

    it('the gradient in weights is that of central differences', () => {
      const [x, y] = [cloud(9, 1, 3), cloud(7, 1, 4)];
      const both = loss.valueAndGradientsSync(x, y, { wrt: 'both' });
      const move = (measure: TestCloud, h: number) => changed(changed(measure, 'weights', 1, h), 'weights', 4, -h);
      const slopeX = (loss.valueSync(move(x, 1e-7), y) - loss.valueSync(move(x, -1e-7), y)) / 2e-7;
      const slopeY = (loss.valueSync(x, move(y, 1e-7)) - loss.valueSync(x, move(y, -1e-7))) / 2e-7;
      expect(Math.abs(slopeX - (both.x.weights[1] - both.x.weights[4]))).toBeLessThan(1e-7);
      expect(Math.abs(slopeY - (both.y.weights[1] - both.y.weights[4]))).toBeLessThan(1e-7);
    });

    it('neither the order of points nor a split of one changes anything', () => {
      const [x, y] = [uglyCloud(15, 6), uglyCloud(12, 1)];
      const order = Array.from(x.points, (_, k) => (k * 4 + 3) % 15);
      const permuted = {
        ...x,
        points: x.points.map((_, k) => x.points[order[k]]),
        weights: x.weights.map((_, k) => x.weights[order[k]]),
      };
      const before = loss.valueAndGradientsSync(x, y);
      const after = loss.valueAndGradientsSync(permuted, y);
      expect(Math.abs(before.value - after.value)).toBeLessThan(1e-15);
      expectClose(
        after.x.points,
        order.map((k) => before.x.points[k]),
        1e-15,
      );
      expectClose(
        after.x.weights,
        order.map((k) => before.x.weights[k]),
        1e-13,
      );
      const split = {
        points: [...x.points, x.points[2]],
        dimension: 1,
        weights: [...x.weights, x.weights[2] / 4],
      };
      split.weights[2] *= 0.75;
      const halves = loss.valueAndGradientsSync(split, y);
      expect(Math.abs(before.value - halves.value)).toBeLessThan(1e-14);
      expect(Math.abs(halves.x.points[2] + halves.x.points[15] - before.x.points[2])).toBeLessThan(1e-14);
      expect(Math.abs(halves.x.points[2] - 3 * halves.x.points[15])).toBeLessThan(1e-14);
    });
  });
});

test('a translation around a circle costs nothing beyond the shorter arc', () => {
  const wide = cloud(40, 1, 5);
  const x = { ...wide, points: wide.points.map((place) => 0.2 * place) };
  const moved = { ...x, points: x.points.map((place) => place + 0.9) };
  expect(transportOnLine({ p: 2, period: 1 }).valueSync(x, moved)).toBeCloseTo(0.005, 12);
  expect(
    transportOnLine({ p: 2, period: 1 }).valueSync(x, { ...x, points: x.points.map((place) => place - 7) }),
  ).toBeLessThan(1e-28);
});

test('many points: the potentials prove the value, which for p = 1 is the integral of |F - G|', () => {
  const [x, y] = [cloud(100_000, 1, 1), cloud(80_000, 1, 2, 0.3)];
  const { value, potentials } = transportOnLine({ p: 1 }).solveSync(x, y);
  const dot = (weights: Float64Array, potential: Float64Array) =>
    weights.reduce((sum, weight, k) => sum + weight * potential[k], 0);
  expect(dot(x.weights, potentials.f_ba) + dot(y.weights, potentials.g_ab)).toBeCloseTo(value, 11);
  const jumps = [
    ...Array.from(x.points, (at, k) => ({ at, mass: x.weights[k] })),
    ...Array.from(y.points, (at, k) => ({ at, mass: -y.weights[k] })),
  ].sort((one, other) => one.at - other.at);
  let [difference, integral] = [0, 0];
  jumps.forEach(({ at, mass }, k) => {
    difference += mass;
    if (k + 1 < jumps.length) integral += Math.abs(difference) * (jumps[k + 1].at - at);
  });
  expect(value).toBeCloseTo(integral, 11);
});

test('the gradient in a weight that is 0 is the one-sided derivative', () => {
  const [{ x, a, y, b }] = lines.filter(({ id }) => id.includes('zero_weights'));
  const loss = transportOnLine({ p: 2 });
  const both = loss.valueAndGradientsSync(measure(x, a), measure(y, b), { wrt: 'both' });
  const h = 1e-7;
  const grown = (weights: number[], k: number) => weights.map((weight, at) => (1 - h) * weight + (at === k ? h : 0));
  const slope = (k: number, isX: boolean) => {
    const moved = loss.valueSync(measure(x, isX ? grown(a, k) : a), measure(y, isX ? b : grown(b, k)));
    return (moved - both.value) / h;
  };
  expect([a, b].map((weights) => weights.filter((weight) => weight === 0).length)).toEqual([2, 1]);
  a.forEach((weight, k) => {
    if (weight === 0) expect(Math.abs(slope(k, true) - both.x.weights[k])).toBeLessThan(1e-6);
  });
  b.forEach((weight, k) => {
    if (weight === 0) expect(Math.abs(slope(k, false) - both.y.weights[k])).toBeLessThan(1e-6);
  });
});

test('points without weight have the potential of a least cost', () => {
  const x = { points: [-3, 0, 1, 2, 9], dimension: 1, weights: [0, 0.5, 0, 0.5, 0] };
  const y = { points: [-5, 0.5, 4, 5], dimension: 1, weights: [0, 0.25, 0, 0.75] };
  for (const period of [undefined, 7]) {
    const { potentials } = transportOnLine({ p: 2, period }).solveSync(x, y);
    const cost = costOf(2, period, x.points, y.points);
    for (const i of [0, 2, 4]) {
      expect(potentials.f_ba[i]).toBeCloseTo(
        Math.min(cost(i, 1) - potentials.g_ab[1], cost(i, 3) - potentials.g_ab[3]),
        13,
      );
    }
    for (const j of [0, 2]) {
      expect(potentials.g_ab[j]).toBeCloseTo(
        Math.min(cost(1, j) - potentials.f_ba[1], cost(3, j) - potentials.f_ba[3]),
        13,
      );
    }
  }
});

test('batches are their elements, in the float width of the points', () => {
  const data = Float32Array.from([0, 1, 5, 2]);
  const loss = transportOnLine({ p: 1 });
  const x = { data, shape: [2, 2, 1] as const };
  const solution = loss.solveSync(x, { data: [1, 3, 2, 5], shape: [2, 2, 1] });
  expect([...solution.value]).toEqual([1.5, 0]);
  expect([...solution.plan.starts]).toEqual([0, 2, 4]);
  expect([...solution.plan.j]).toEqual([0, 1, 0, 1]);
  expect(solution.gradientsSync().x.points).toEqual(Float32Array.of(-0.5, -0.5, 0, 0));
});

test('plans have the methods that plans have', async () => {
  const { plan } = await transportOnLine().solve(measure([0, 1], [1, 3]), measure([2, 3, 5], [2, 1, 1]));
  expect([...(await plan.dense())]).toEqual([1, 0, 0, 1, 1, 1]);
  expect([...(await plan.apply([1, 10, 100]))]).toEqual([1, 111]);
  expect([...(await plan.transpose().apply([1, 10]))]).toEqual([11, 10, 10]);
  const marginals = await plan.transpose().marginals();
  expect([[...marginals.rows], [...marginals.columns]]).toEqual([
    [2, 1, 1],
    [1, 3],
  ]);
  expect([...(await plan.barycentricMap())]).toEqual([2, 10 / 3]);
});

test('shares are compared with normalize, and gradients are those of the counts', () => {
  const [x, y] = [cloud(6, 1, 1, 0, 40), cloud(5, 1, 2, 0, 3)];
  const loss = transportOnLine({ p: 1.5, normalize: true });
  const { x: gradient } = loss.valueAndGradientsSync(x, y);
  x.weights.forEach((_, k) => {
    const at = (h: number) => loss.valueSync(changed(x, 'weights', k, h), y);
    expect(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - gradient.weights[k])).toBeLessThan(1e-9);
  });
});

test('what cannot be is refused, with a remedy', async () => {
  const loss = transportOnLine();
  const refused = (x: Parameters<typeof loss.value>[0], y: Parameters<typeof loss.value>[1]) => () =>
    loss.valueSync(x, y);
  expect(refused([[0, 1]], [[1, 2]])).toThrow(/x has dimension 2, and a line has 1.*slicedWasserstein/);
  expect(refused(measure([0], [2]), [[1]])).toThrow(/x has mass 2 and y has mass 1: set normalize: true/);
  expect(refused([[0], [Number.NaN]], [[1]])).toThrow(/x: coordinate 0 of point 1 is NaN/);
  expect(refused([[0]], measure([1], [-1]))).toThrow(/y.weights\[0\] is -1/);
  expect(refused([[1e200]], [[-1e200]])).toThrow(/rescale the coordinates/);
  expect(refused([[0]], [])).toThrow(InvalidMeasureError);
  for (const p of [0.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => transportOnLine({ p })).toThrow(InvalidOptionError);
  expect(() => transportOnLine({ period: 0 })).toThrow(/period is 0/);
  // @ts-expect-error: transport on the line moves all mass.
  expect(() => transportOnLine({ reach: 1 })).toThrow(/no option 'reach'/);
  const stopped = AbortSignal.abort(new Error('enough'));
  await expect(loss.value([[0]], [[1]], { signal: stopped })).rejects.toThrow('enough');
});

test('it is a loss like others: targets, sums, progress, diagnostics', async () => {
  const loss = transportOnLine({ p: 1 });
  expect(await loss.target([[3]]).value([[1]])).toBe(2);
  expect(await combine([{ loss, weight: 2 }]).value([[0]], [[1]])).toBe(2);
  const stages = new Set<string>();
  const { diagnostics } = await loss.solve([[0]], [[1]], { onProgress: ({ stage }) => stages.add(stage) });
  expect([...stages]).toEqual(['sorting', 'plan']);
  expect(diagnostics).toMatchObject({ backend: 'host', accurate: true, converged: true, iterations: 0 });
  // Sums of float32 weights are equal to some digits only: the result tells.
  const uneven = await loss.solve(measure([0], [1 + 5e-6]), measure([1], [1]));
  expect(uneven.diagnostics.valueError).toBeGreaterThan(4e-6);
});

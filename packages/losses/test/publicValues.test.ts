import { cpu } from '@sinkhorn/backend-cpu';
import type { Loss } from '@sinkhorn/losses';
import { exactTransport } from '@sinkhorn/losses/exact';
import { transportOnLine } from '@sinkhorn/losses/line';
import { matrixTransport } from '@sinkhorn/losses/matrix';
import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { describe, expect, it, test } from 'vitest';
import { cloud } from './support/clouds.js';

// Values that SciPy and POT print in their documentation or assert in their tests. Theirs have no 1 / p: p times the value is the same.

const flat = (points: readonly (readonly number[])[], weights?: readonly number[]) => ({
  points: points.flat(),
  dimension: points[0].length,
  ...(weights && { weights }),
});
const onLine = (points: readonly number[], weights?: readonly number[]) =>
  flat(
    points.map((at) => [at]),
    weights,
  );

describe('scipy.stats.wasserstein_distance', () => {
  it.each<[number[], number[], number[] | undefined, number[] | undefined, number]>([
    [[0, 1, 3], [5, 6, 8], undefined, undefined, 5],
    [[0, 1], [0, 1], [3, 1], [2, 2], 0.25],
    [[3.4, 3.9, 7.5, 7.8], [4.5, 1.4], [1.4, 0.9, 3.1, 7.2], [3.2, 3.5], 4.0781331438047861],
    [[0, 1], [0], [1, 1], [1], 0.5],
    [[0, 1], [0], [3, 1], [1], 0.25],
    [[0, 2], [0], [1, 1], [1], 1],
    [[0, 1, 2], [1, 2, 3], undefined, undefined, 1],
    [[1, 2, 3], [2, 1, 3], undefined, undefined, 0],
    [[1, 1, 1, 4], [4, 1], [1, 1, 1, 1], [1, 3], 0],
    [[-5], [5], undefined, undefined, 10],
    [[1, 2, 3, 4, 5], [11, 12, 13, 14, 15], undefined, undefined, 10],
    [[4.5, 6.7, 2.1], [4.6, 7, 9.2], [3, 1, 1], [1, 3, 1], 2.5],
  ])('of %j and %j with weights %j and %j', (u, v, a, b, wanted) => {
    const [x, y] = [onLine(u, a), onLine(v, b)];
    const losses: Loss[] = [
      transportOnLine({ p: 1, normalize: true }),
      exactTransport({ p: 1, normalize: true }),
      slicedWasserstein({ p: 1, normalize: true }),
    ];
    for (const loss of losses) {
      const { value, diagnostics } = loss.solveSync(x, y);
      expect(value).toBeCloseTo(wanted, 13);
      expect(diagnostics.accurate).toBe(true);
    }
  });

  it('is the mean distance to one point', () => {
    const u = Array.from({ length: 134 }, (_, k) => -10 + 0.3 * k);
    const mean = u.reduce((sum, at) => sum + Math.abs(at), 0) / u.length;
    expect(transportOnLine({ p: 1 }).valueSync(onLine(u), onLine([0]))).toBeCloseTo(mean, 12);
  });
});

test('scipy.stats.wasserstein_distance_nd', () => {
  const loss = exactTransport({ p: 1, normalize: true });
  const shifted = loss.valueSync(
    flat([
      [0, 2, 3],
      [1, 2, 5],
    ]),
    flat([
      [3, 2, 3],
      [4, 2, 5],
    ]),
  );
  expect(shifted).toBeCloseTo(3, 13);
  const weighted = loss.valueSync(
    flat(
      [
        [0, 2.75],
        [2, 209.3],
        [0, 0],
      ],
      [0.4, 5.2, 0.114],
    ),
    flat(
      [
        [0.2, 0.322],
        [4.5, 25.1808],
      ],
      [0.8, 1.5],
    ),
  );
  expect(weighted).toBeCloseTo(174.15840245217169, 10);
});

test('ot.emd_1d and ot.emd2_1d', async () => {
  const { value, plan } = transportOnLine({ p: 2 }).solveSync(onLine([2, 0]), onLine([0, 3]));
  expect(2 * value).toBeCloseTo(0.5, 14);
  expect([...(await plan.dense())]).toEqual([0, 0.5, 0.5, 0]);
});

test('ot.binary_search_circle', () => {
  expect(transportOnLine({ p: 1, period: 1 }).valueSync(onLine([0.2, 0.5, 0.8]), onLine([0.4, 0.5, 0.7]))).toBeCloseTo(
    0.1,
    14,
  );
});

test('ot.sinkhorn, ot.unbalanced.sinkhorn_unbalanced and ot.partial.partial_wasserstein', () => {
  const swap = { matrix: [0, 1, 1, 0], shape: [2, 2] };
  const options = { backend: cpu(), blur: 1, tolerance: 1e-12 };
  const expectPlan = (plan: Float64Array, wanted: readonly number[], digits = 7) =>
    wanted.forEach((mass, k) => {
      expect(plan[k]).toBeCloseTo(mass, digits);
    });
  expectPlan(
    matrixTransport({ ...options, cost: swap }).solveSync().plan,
    [0.36552929, 0.13447071, 0.13447071, 0.36552929],
  );
  expectPlan(
    matrixTransport({ ...options, cost: swap, penalty: { kind: 'kl', strength: 1 } }).solveSync().plan,
    [0.3220536, 0.1184769, 0.1184769, 0.3220536],
  );
  const cost = { matrix: [0, 1, 2, 3], shape: [2, 2] };
  const partial = (mass: number) =>
    matrixTransport({ ...options, blur: 1e-2, cost, penalty: { kind: 'partial', mass } }).solveSync(
      [0.1, 0.2],
      [0.1, 0.1],
    ).plan;
  expectPlan(partial(0.1), [0.1, 0, 0, 0], 6);
  expectPlan(partial(0.2 - 1e-12), [0.05, 0.05, 0.05, 0.05], 2);
});

const exact: [string, Loss, number][] = [
  ['transportOnLine', transportOnLine({ p: 2 }), 1],
  ['transportOnLine around a circle', transportOnLine({ p: 1.5, period: 2 }), 1],
  ['slicedWasserstein', slicedWasserstein({ p: 2, directions: 9 }), 3],
  ['exactTransport', exactTransport({ p: 2 }), 3],
];

describe.each(exact)('%s', (_, loss, dimension) => {
  const some = cloud(9, dimension, 5);

  it('takes counts as weights for points that come as often', () => {
    const counts = [3, 1, 2, 1, 1, 4, 1, 1, 2];
    const total = counts.reduce((sum, count) => sum + count, 0);
    const rows = counts.map((_, i) => Array.from(some.points.subarray(i * dimension, (i + 1) * dimension)));
    const repeated = rows.flatMap((row, i) => Array.from({ length: counts[i] }, () => row));
    const y = cloud(7, dimension, 6);
    const weighted = loss.valueAndGradientsSync(
      flat(
        rows,
        counts.map((count) => count / total),
      ),
      y,
    );
    const copied = loss.valueAndGradientsSync(flat(repeated), y);
    expect(copied.value).toBeCloseTo(weighted.value, 13);
    let copy = 0;
    counts.forEach((count, i) => {
      for (let d = 0; d < dimension; d++) {
        let sum = 0;
        for (let k = 0; k < count; k++) sum += copied.x.points[(copy + k) * dimension + d];
        expect(sum).toBeCloseTo(weighted.x.points[i * dimension + d], 12);
      }
      copy += count;
    });
  });

  it('brings many points to one, and one to many', () => {
    const one = { points: Float64Array.from({ length: dimension }, (_, d) => 0.3 + d), dimension, weights: [1] };
    const there = loss.solveSync(some, one, { wrt: 'both' });
    const back = loss.solveSync(one, some, { wrt: 'both' });
    expect(there.value).toBeCloseTo(back.value, 13);
    const [gradients, reversed] = [there.gradientsSync('both'), back.gradientsSync('both')];
    gradients.x.points.forEach((slope, k) => {
      expect(slope).toBeCloseTo(reversed.y.points[k], 13);
    });
    // All of it pulls at the one point.
    for (let d = 0; d < dimension; d++) {
      let sum = 0;
      for (let i = 0; i < 9; i++) sum += gradients.x.points[i * dimension + d];
      expect(gradients.y.points[d]).toBeCloseTo(-sum, 13);
    }
  });
});

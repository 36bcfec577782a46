/** Newton's method between few points, held to transport by whole matrices and to central differences of its value. */
import { describe, expect, test } from 'vitest';
import { solveNewton } from '../../../src/divergence/sinkhorn/solveNewton.js';
import type { Side } from '../../../src/measure/side.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { potentialsOf } from '../../../src/transport/hostPotentials.js';
import { extendOnHost } from '../../../src/transport/newton/extendOnHost.js';
import type { SinkhornOptions } from '../../../src/transport/options.js';
import { centralDifference } from '../../support/centralDifference.js';
import { joined, massOf, randomCloud, withCoordinate, withWeight } from '../../support/clouds.js';
import { asymmetric, distances, halfSquares } from '../../support/costs.js';
import {
  BALANCED,
  type DenseProblem,
  denseDivergence,
  densePotentials,
  denseSelf,
  denseSelfPotential,
  denseTransportCost,
  denseUpdate,
} from '../../support/denseTransport.js';
import { pairOf } from '../../support/deviceProblem.js';
import { expectClose } from '../../support/expectClose.js';
import { once } from '../../support/once.js';

const infinite = Number.POSITIVE_INFINITY;
const sides = ['x', 'y'] as const;

/** The options that say what a dense problem is. */
function optionsOf({ cost, epsilon, rho }: DenseProblem, debias: boolean): SinkhornOptions {
  const p = cost === halfSquares ? 2 : 1;
  const length = (temperature: number) => temperature ** (1 / p);
  return {
    cost: cost.formula,
    p,
    homogeneous: cost !== asymmetric,
    blur: length(epsilon),
    reach: { x: length(rho.x), y: length(rho.y) },
    scaling: 0.5,
    debias,
    tolerance: 1e-9,
    maxIterations: 200,
  };
}

function solved(problems: readonly DenseProblem[], debias: boolean, start: Parameters<typeof solveNewton>[2] = {}) {
  const result = runSync(solveNewton(pairOf(problems), optionsOf(problems[0], debias), start));
  if (!result) throw new Error('nothing was found');
  return result;
}

const clouds = { x: randomCloud(8, 1), y: randomCloud(11, 2) };
const heavy = { x: randomCloud(8, 1, { mass: 2.5 }), y: randomCloud(11, 2, { mass: 2.5 }) };
const unequal = { x: randomCloud(8, 5, { mass: 0.7 }), y: randomCloud(11, 6, { mass: 1.4 }) };
/** Of each side one point without mass, one that is there twice, and one that weighs next to nothing. */
const ugly = {
  x: joined(clouds.x, { points: [[0.3, 4], clouds.x.points[0], [0.1, 0.2]], weights: [0, 0.2, 1e-12] }),
  y: joined(clouds.y, { points: [clouds.x.points[1], [2, -1], [0.7, 0.7]], weights: [0.2, 0, 1e-12] }),
};
const easy: DenseProblem = { ...clouds, cost: halfSquares, epsilon: 0.1, rho: BALANCED };
/** Clusters that exchange mass. */
const clusters: DenseProblem = {
  x: joined(randomCloud(6, 1, { mass: 0.6 }), randomCloud(4, 2, { mass: 0.4, corner: 1.2 })),
  y: joined(randomCloud(5, 3, { mass: 0.45 }), randomCloud(5, 4, { mass: 0.55, corner: 1.2 })),
  cost: halfSquares,
  epsilon: 0.25,
  rho: BALANCED,
};
const cases: [string, DenseProblem][] = [
  ['|x - y|^2 / 2', easy],
  ['|x - y|', { ...easy, cost: distances }],
  ['a cost that is not symmetric', { ...easy, cost: asymmetric }],
  ['a mass other than 1', { ...heavy, cost: halfSquares, epsilon: 0.1, rho: BALANCED }],
  ['clusters', clusters],
  ['masses that may change', { ...unequal, cost: halfSquares, epsilon: 0.1, rho: { x: 0.4, y: 0.06 } }],
  ['masses that may change, |x - y|', { ...unequal, cost: distances, epsilon: 0.1, rho: { x: 1.5, y: 2 } }],
  ['masses that may change on x alone', { ...unequal, cost: halfSquares, epsilon: 0.1, rho: { x: 0.4, y: infinite } }],
  ['masses that may change on y alone', { ...unequal, cost: halfSquares, epsilon: 0.1, rho: { x: infinite, y: 0.15 } }],
  ['points without mass, twice, and next to none', { ...ugly, cost: halfSquares, epsilon: 0.1, rho: BALANCED }],
  ['the same, and masses may change', { ...ugly, cost: distances, epsilon: 0.1, rho: { x: 0.5, y: 0.5 } }],
  ['a temperature far above the costs', { ...clouds, cost: halfSquares, epsilon: 400, rho: BALANCED }],
];

describe.each(cases)('with %s', (_, dense) => {
  const isBalanced = dense.rho === BALANCED;
  const isSymmetric = dense.cost !== asymmetric;
  const truth = once(() => densePotentials(dense));
  const found = once(() => solved([dense], isSymmetric));
  // Where both marginals are held f + c and g - c are as good as f and g.
  const pairSums = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Array.from(x).flatMap((f) => Array.from(y, (g) => f + g));
  const size = Math.max(1, dense.epsilon / 100);

  test('potentials are those of the dense iteration, before the last update and after it', () => {
    const { iterates, potentials, converged, marginalError, method } = found();
    expect({ converged, method }).toEqual({ converged: true, method: 'newton' });
    expect(marginalError).toBeLessThan(1e-11);
    for (const { f_ba, g_ab } of [iterates, potentials]) {
      if (isBalanced) expectClose(pairSums(f_ba, g_ab), pairSums(truth().x, truth().y), 1e-9 * size);
      else {
        expectClose(f_ba, truth().x, 1e-9);
        expectClose(g_ab, truth().y, 1e-9);
      }
    }
  });

  test('self potentials are those of averaged updates', () => {
    if (!isSymmetric) return;
    for (const side of sides) {
      const expected = denseSelfPotential(denseSelf(dense, side));
      for (const potentials of [found().iterates, found().potentials]) {
        const { self = [] } = potentialsOf(potentials, side);
        expectClose(self, expected, 1e-9 * size);
      }
    }
  });

  test('the value is that of the plan, with an error that is told', () => {
    const expected = isSymmetric ? denseDivergence(dense) : denseTransportCost(dense);
    const { values, errors } = found();
    expect(Math.abs(values[0] - expected)).toBeLessThan(1e-11 * size);
    expect(errors.value).toBeLessThan(1e-6);
    const alone = solved([dense], false);
    const transport = denseTransportCost(dense);
    expect(Math.abs(alone.values[0] - transport)).toBeLessThan(1e-11 * size);
    expect(Math.abs(alone.values[0] - transport)).toBeLessThanOrEqual(
      alone.errors.value * Math.max(transport, alone.errors.floor) + 1e-14,
    );
    expect(alone.errors.value).toBeLessThan(1e-9);
  });

  test('gradients are those of the value', () => {
    const valueAt = (changed: DenseProblem) => (isSymmetric ? denseDivergence(changed) : denseTransportCost(changed));
    const { gradients, errors } = found();
    expect(errors.gradient).toBeLessThan(1e-6);
    for (const side of sides) {
      const { points = [], weights = [] } = gradients[side] ?? {};
      // Not the points that coincide, where |x - y| has a kink.
      for (const k of [2, 7]) {
        for (const axis of [0, 1]) {
          const slope = centralDifference(
            (at) => valueAt({ ...dense, [side]: withCoordinate(dense[side], k, axis, at) }),
            dense[side].points[k][axis],
            2e-4,
          );
          expect(Math.abs(points[2 * k + axis] - slope), `${side}.points[${k}][${axis}]`).toBeLessThan(2e-7 * size);
        }
        // What both lack where masses have to agree: the next point's.
        const along = (at: number) => {
          const by = at - dense[side].weights[k];
          const moved = withWeight(dense[side], k, at);
          return isBalanced ? withWeight(moved, 5, moved.weights[5] - by) : moved;
        };
        const slope = centralDifference((at) => valueAt({ ...dense, [side]: along(at) }), dense[side].weights[k]);
        const against = isBalanced ? weights[5] : 0;
        expect(Math.abs(weights[k] - against - slope), `${side}.weights[${k}]`).toBeLessThan(2e-7 * size);
      }
    }
  });

  test('the other way round it takes the same steps', () => {
    if (!isSymmetric) return;
    const { x, y, rho } = dense;
    const exchanged = solved([{ ...dense, x: y, y: x, rho: { x: rho.y, y: rho.x } }], true);
    expect(exchanged.values).toEqual(found().values);
    expect(exchanged.potentials.f_ba).toEqual(found().potentials.g_ab);
    expect(exchanged.iterations).toBe(found().iterations);
  });

  test('from its own solution it has nothing to do but to look', () => {
    const again = solved([dense], isSymmetric, { iterates: found().iterates });
    expect(again.iterations).toBeLessThanOrEqual(1);
    expect(again.reductions).toBeLessThan(found().reductions);
    expect(Math.abs(again.values[0] - found().values[0])).toBeLessThan(1e-12 * size);
  });

  test('potentials anywhere are one more update', () => {
    const at = { points: [[0.5, 0.5], [3, -2], dense.x.points[0]], weights: [1, 1, 1] };
    const pair = pairOf([dense]);
    const measure = pairOf([{ ...dense, x: at }]).x;
    for (const side of sides) {
      const { cross, self } = runSync(
        extendOnHost(pair, optionsOf(dense, isSymmetric), found().iterates, side, measure),
      );
      const against = side === 'x' ? found().iterates.g_ab : found().iterates.f_ba;
      expectClose(cross, denseUpdate(dense, side, Array.from(against), at.points), 1e-10 * size);
      if (!isSymmetric) continue;
      const own = potentialsOf(found().iterates, side).self ?? [];
      expectClose(self ?? [], denseUpdate(denseSelf(dense, side), side, Array.from(own), at.points), 1e-10 * size);
    }
  });
});

test('potentials anywhere, in a batch, are those of each element', () => {
  const problems = [0, 1].map((k) => ({
    ...easy,
    x: randomCloud(6, 51 + k, { corner: k }),
    y: randomCloud(7, 61 + k, { corner: 0.3 * k }),
  }));
  const places = [0, 1].map((k) => ({
    points: [
      [0.5 + k, 0.5],
      [3, -2 * k],
      [0.1, 1],
    ],
    weights: [1, 1, 1],
  }));
  const pair = pairOf(problems);
  const measure = pairOf(problems.map((dense, k) => ({ ...dense, x: places[k] }))).x;
  const { iterates } = solved(problems, true);
  for (const side of sides) {
    const { cross, self = [] } = runSync(extendOnHost(pair, optionsOf(easy, true), iterates, side, measure));
    const against = side === 'x' ? iterates.g_ab : iterates.f_ba;
    const own = potentialsOf(iterates, side).self ?? [];
    problems.forEach((dense, k) => {
      const partOf = (all: ArrayLike<number>) => {
        const size = all.length / problems.length;
        return Array.from(all).slice(k * size, (k + 1) * size);
      };
      expectClose(partOf(cross), denseUpdate(dense, side, partOf(against), places[k].points), 1e-10);
      expectClose(partOf(self), denseUpdate(denseSelf(dense, side), side, partOf(own), places[k].points), 1e-10);
    });
  }
});

test('each element of a batch is solved by itself', () => {
  const rho = { x: 0.4, y: infinite };
  const problems = [0, 1, 2].map((k) => ({
    ...easy,
    rho,
    x: randomCloud(6, 31 + k, { mass: 1 + k / 4 }),
    y: randomCloud(7, 41 + k, { corner: 0.3 * k, mass: 1 - k / 5 }),
  }));
  const { values, potentials, gradients, errors } = solved(problems, true);
  const each = problems.map((dense) => solved([dense], true));
  for (const of of ['value', 'gradient', 'weights'] as const) {
    const worst = Math.max(...each.map((one) => one.errors[of]));
    // Lengths and costs are bounded for the whole batch.
    expect(Math.abs(errors[of] / worst - 1)).toBeLessThan(0.05);
  }
  problems.forEach((dense, element) => {
    const alone = each[element];
    expect(Math.abs(values[element] - denseDivergence(dense))).toBeLessThan(1e-11);
    expectClose(potentials.f_ba.subarray(6 * element, 6 * (element + 1)), alone.potentials.f_ba, 1e-13);
    expectClose(potentials.g_bb?.subarray(7 * element, 7 * (element + 1)) ?? [], alone.potentials.g_bb ?? [], 1e-13);
    const points = gradients.y?.points.subarray(14 * element, 14 * (element + 1)) ?? [];
    expectClose(points, alone.gradients.y?.points ?? [], 1e-13);
  });
});

test('a measure against itself is 0 to the last bit', () => {
  for (const rho of [BALANCED, { x: 0.3, y: 0.3 }]) {
    const { values, gradients, errors } = solved([{ ...easy, y: easy.x, rho }], true);
    expect(values[0] + 0).toBe(0);
    for (const side of sides) {
      expect(gradients[side]?.points.every((slope) => slope === 0)).toBe(true);
      expect(gradients[side]?.weights.every((slope) => slope === 0)).toBe(true);
    }
    expect(errors.value).toBe(0);
  }
});

test('points that are all in one place cost nothing but what masses differ by', () => {
  const here = (count: number, mass: number) => ({
    points: Array.from({ length: count }, () => [1, 2]),
    weights: Array.from({ length: count }, (_, k) => ((k + 1) * 2 * mass) / (count * (count + 1))),
  });
  const { values, converged } = solved([{ ...easy, x: here(3, 1), y: here(4, 1) }], true);
  expect(converged).toBe(true);
  expect(Math.abs(values[0])).toBeLessThan(1e-15);
  const unbalanced = { ...easy, x: here(3, 1), y: here(4, 2), rho: { x: 0.5, y: 0.5 } };
  expect(solved([unbalanced], true).values[0]).toBeCloseTo(denseDivergence(unbalanced), 12);
});

test.each<[Side, number]>([
  ['x', 1],
  ['y', 2],
])('of unequal masses that have to be met the larger one counts for errors: %s', (side, seed) => {
  const dense = { ...easy, [side]: randomCloud(8, seed, { mass: 1 + 1e-7 }) };
  const { errors } = solved([dense], true);
  expect(massOf(dense[side])).toBeGreaterThan(1);
  expect(errors.value).toBeGreaterThan(1e-9);
});

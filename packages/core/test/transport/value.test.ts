import { describe, expect, test } from 'vitest';
import { kullbackLeibler } from '../../src/marginal/kullbackLeibler/kullbackLeibler.js';
import { bySide, type Side } from '../../src/measure/side.js';
import { atOnce } from '../../src/tasks/preparing.js';
import type { HostPotentials } from '../../src/transport/hostPotentials.js';
import * as value from '../../src/transport/value.js';
import { centralDifference } from '../support/centralDifference.js';
import { type Cloud, massOf, randomCloud, withWeight } from '../support/clouds.js';
import { halfSquares } from '../support/costs.js';
import {
  BALANCED,
  type DenseProblem,
  denseDivergence,
  densePlan,
  densePotentials,
  denseSelf,
  denseSelfPotential,
  denseTransportCost,
  denseUpdate,
  marginalOf,
} from '../support/denseTransport.js';
import { pairOf } from '../support/deviceProblem.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';

const { remainingError } = value;
const sinkhornValue = (...of: Parameters<typeof value.sinkhornValue>) => atOnce(value.sinkhornValue(...of));
const weightGradient = (...of: Parameters<typeof value.weightGradient>) => atOnce(value.weightGradient(...of));

const infinite = Number.POSITIVE_INFINITY;
const penaltiesOf = (rho: DenseProblem['rho']) => bySide((side) => kullbackLeibler(rho[side], 'float64'));
const problemOf = (seed: number, rho: DenseProblem['rho'], masses: { x: number; y: number }): DenseProblem => ({
  x: randomCloud(5, seed, { mass: masses.x }),
  y: randomCloud(7, seed + 1, { mass: masses.y }),
  cost: halfSquares,
  epsilon: 0.3,
  rho,
});

/** The potentials of dense problems as they come from a device: element after element. */
function hostPotentials(problems: readonly DenseProblem[], debiased: boolean): HostPotentials {
  const cross = problems.map((dense) => densePotentials(dense));
  const self = (side: Side) =>
    debiased ? Float64Array.from(problems.flatMap((dense) => denseSelfPotential(denseSelf(dense, side)))) : undefined;
  return {
    f_ba: Float64Array.from(cross.flatMap(({ x }) => x)),
    g_ab: Float64Array.from(cross.flatMap(({ y }) => y)),
    f_aa: self('x'),
    g_bb: self('y'),
  };
}

const cases = [
  { name: 'balanced, of mass 1', rho: BALANCED, masses: { x: 1, y: 1 } },
  { name: 'balanced, of another mass', rho: BALANCED, masses: { x: 1.7, y: 1.7 } },
  { name: 'unbalanced', rho: { x: 0.5, y: 0.5 }, masses: { x: 0.8, y: 1.9 } },
  { name: 'unbalanced, with a strength for each side', rho: { x: 0.9, y: 0.2 }, masses: { x: 0.8, y: 1.9 } },
  { name: "with x's marginal held", rho: { x: infinite, y: 0.2 }, masses: { x: 0.8, y: 1.9 } },
  { name: "with y's marginal held", rho: { x: 0.2, y: infinite }, masses: { x: 0.8, y: 1.9 } },
];

describe.each(cases)('a problem that is $name', ({ rho, masses }) => {
  // A batch, so that elements and their masses are told apart.
  const problems = [problemOf(1, rho, masses), problemOf(5, rho, { x: 2 * masses.x, y: 2 * masses.y })];
  const pair = pairOf(problems);
  const [{ epsilon }] = problems;

  describe.each([
    ['the cost of entropic transport', false, denseTransportCost],
    ['the divergence', true, denseDivergence],
  ] as const)('%s', (_, debiased, denseValue) => {
    const potentials = hostPotentials(problems, debiased);

    test('is that of the best plan', () => {
      expectClose(sinkhornValue(pair, potentials, epsilon, penaltiesOf(rho)), problems.map(denseValue), 1e-9);
    });

    test.each(['x', 'y'] as const)("has the slopes of the dense value in the weights of '%s'", (side) => {
      const { count } = pair[side];
      const gradient = weightGradient(pair, side, potentials, epsilon, penaltiesOf(rho));
      expect(gradient).toHaveLength(2 * count);
      problems.forEach((dense, element) => {
        const { weights } = dense[side];
        const valueWith = (changed: Cloud) => denseValue({ ...dense, [side]: changed });
        const found = gradient.subarray(element * count, (element + 1) * count);
        // Where both marginals are held, potentials tell of directions that keep the mass: as much is taken from the first point.
        const keepsMass = rho === BALANCED;
        for (let k = 1; k < count; k++) {
          const slope = centralDifference((by) => {
            const moved = withWeight(dense[side], k, weights[k] + by);
            return valueWith(keepsMass ? withWeight(moved, 0, weights[0] - by) : moved);
          }, 0);
          expect(slope).toBeCloseTo(keepsMass ? found[k] - found[0] : found[k], 7);
        }
      });
    });
  });
});

test('points of weight 0 do not count, whatever their potentials', () => {
  const dense = problemOf(1, BALANCED, { x: 1, y: 1 });
  const idle = { points: [...dense.x.points, [9, 9]], weights: [...dense.x.weights, 0] };
  for (const debiased of [false, true]) {
    const { f_ba, g_ab, f_aa, g_bb } = hostPotentials([dense], debiased);
    const potentials = {
      f_ba: Float64Array.of(...f_ba, infinite),
      g_ab,
      f_aa: f_aa && Float64Array.of(...f_aa, 3),
      g_bb,
    };
    const found = sinkhornValue(pairOf([{ ...dense, x: idle }]), potentials, dense.epsilon, penaltiesOf(BALANCED));
    expectClose(found, [(debiased ? denseDivergence : denseTransportCost)(dense)], 1e-9);
  }
});

test('a large strength loses no digits, and gives what is balanced', () => {
  const rho = penaltiesOf({ x: 1e13, y: 1e13 });
  const dense = problemOf(1, BALANCED, { x: 1, y: 1 });
  const potentials = hostPotentials([dense], true);
  const pair = pairOf([dense]);
  expectClose(sinkhornValue(pair, potentials, dense.epsilon, rho), [denseDivergence(dense)], 1e-9);
  expectClose(
    weightGradient(pair, 'x', potentials, dense.epsilon, rho),
    weightGradient(pair, 'x', potentials, dense.epsilon, penaltiesOf(BALANCED)),
    1e-9,
  );
});

describe.each(cases)(
  'from iterates and what one update made of them, in a problem that is $name',
  ({ rho, masses }) => {
    const dense = problemOf(3, rho, masses);
    const solved = densePotentials(dense);
    const moved = { x: draws(5, 4), y: draws(7, 6) };

    /** How far the value is off where each potential is disturbed by so much of its own noise. */
    function errorAt(size: number): number {
      const disturb = (side: Side) => Float64Array.from(solved[side], (f, k) => f + size * (moved[side][k] - 0.5));
      const iterates = { f_ba: disturb('x'), g_ab: disturb('y') };
      const updated = {
        f_ba: Float64Array.from(denseUpdate(dense, 'x', Array.from(iterates.g_ab))),
        g_ab: Float64Array.from(denseUpdate(dense, 'y', Array.from(iterates.f_ba))),
      };
      const [found] = sinkhornValue(pairOf([dense]), updated, dense.epsilon, penaltiesOf(rho), iterates);
      return found - denseTransportCost(dense);
    }

    test('the value misses what iterates lack at second order, from below as duals do', () => {
      const [large, half] = [errorAt(0.02), errorAt(0.01)];
      expect(large).toBeLessThan(-1e-7);
      expect(large / half).toBeGreaterThan(3.5);
      expect(large / half).toBeLessThan(4.5);
    });
  },
);

test('remaining squares are those of changes over the scale, of no more than the change itself, element by element', () => {
  const problems = [problemOf(1, BALANCED, { x: 1, y: 1 }), problemOf(5, BALANCED, { x: 1, y: 1 })];
  const iterates = hostPotentials(problems, true);
  const scale = { x: 0.3, y: 0.1 };
  const changes = { f_ba: draws(10, 7), g_ab: draws(14, 8), f_aa: draws(10, 9), g_bb: draws(14, 10) };
  const names = ['f_ba', 'g_ab', 'f_aa', 'g_bb'] as const;
  const changed = (name: (typeof names)[number]) =>
    Float64Array.from(iterates[name] ?? [], (value, k) => value + changes[name][k] - 0.5);
  const updated = { f_ba: changed('f_ba'), g_ab: changed('g_ab'), f_aa: changed('f_aa'), g_bb: changed('g_bb') };
  const expected = problems.map((problem, element) => {
    let sum = 0;
    for (const name of names) {
      const side = name === 'f_ba' || name === 'f_aa' ? 'x' : 'y';
      const { weights } = problem[side];
      weights.forEach((weight, k) => {
        const by = Math.abs(changes[name][element * weights.length + k] - 0.5);
        sum += weight * (by < scale[side] ? by ** 2 / scale[side] : by);
      });
    }
    return sum;
  });
  expectClose(value.remainingSquares(pairOf(problems), iterates, updated, scale), expected, 1e-12);
  const cross = { f_ba: iterates.f_ba, g_ab: iterates.g_ab };
  expect(Array.from(value.remainingSquares(pairOf(problems), cross, updated, scale))).not.toEqual([0, 0]);
});

describe('the remaining error', () => {
  const problems = [problemOf(1, BALANCED, { x: 1.7, y: 1.7 }), problemOf(5, BALANCED, { x: 0.6, y: 0.6 })];
  const [{ epsilon }] = problems;
  const pair = pairOf(problems);
  /** The distance of a plan's marginal from the weights, over the mass. */
  const denseError = (dense: DenseProblem, potentials: { x: readonly number[]; y: readonly number[] }, side: Side) =>
    marginalOf(densePlan(dense, potentials), side).reduce(
      (sum, marginal, k) => sum + Math.abs(marginal - dense[side].weights[k]),
      0,
    ) / massOf(dense[side]);

  /** Solved, but for one potential that is disturbed in one element, and what full updates make of all. */
  function disturbed(of: keyof HostPotentials, element: number) {
    const solved = hostPotentials(problems, true);
    const noisy = Float64Array.from(solved[of] ?? []);
    const count = noisy.length / problems.length;
    draws(count, 3).forEach((noise, k) => {
      noisy[element * count + k] += 0.3 * (noise - 0.5);
    });
    const iterates: HostPotentials = { ...solved, [of]: noisy };
    const elements = problems.map((dense, at) => {
      const part = (values: Float64Array | undefined, size: number) =>
        Array.from(values?.subarray(at * size, (at + 1) * size) ?? []);
      const [f, g] = [part(iterates.f_ba, 5), part(iterates.g_ab, 7)];
      const [fSelf, gSelf] = [part(iterates.f_aa, 5), part(iterates.g_bb, 7)];
      const [selfX, selfY] = [denseSelf(dense, 'x'), denseSelf(dense, 'y')];
      return {
        f_ba: denseUpdate(dense, 'x', g),
        g_ab: denseUpdate(dense, 'y', f),
        f_aa: denseUpdate(selfX, 'x', fSelf),
        g_bb: denseUpdate(selfY, 'x', gSelf),
        error: Math.max(
          denseError(dense, { x: f, y: g }, 'x'),
          denseError(dense, { x: f, y: g }, 'y'),
          denseError(selfX, { x: fSelf, y: fSelf }, 'x'),
          denseError(selfY, { x: gSelf, y: gSelf }, 'x'),
        ),
      };
    });
    const flat = (name: keyof HostPotentials) => Float64Array.from(elements.flatMap((updated) => updated[name]));
    const updated = { f_ba: flat('f_ba'), g_ab: flat('g_ab'), f_aa: flat('f_aa'), g_bb: flat('g_bb') };
    return { iterates, updated, error: Math.max(...elements.map(({ error }) => error)) };
  }

  describe.each(['f_ba', 'g_ab', 'f_aa', 'g_bb'] as const)('of %s', (name) => {
    test.each([0, 1])('is found in element %i', (element) => {
      const { iterates, updated, error } = disturbed(name, element);
      expect(error).toBeGreaterThan(0.01);
      expect(remainingError(pair, iterates, updated, epsilon)).toBeCloseTo(error, 9);
    });
  });

  test('is 0 at the solution, with self problems and without', () => {
    const solved = hostPotentials(problems, true);
    expect(remainingError(pair, solved, solved, epsilon)).toBe(0);
    const cross = hostPotentials(problems, false);
    expect(remainingError(pair, cross, cross, epsilon)).toBe(0);
  });
});

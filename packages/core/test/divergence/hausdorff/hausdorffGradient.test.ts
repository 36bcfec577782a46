import { describe, expect, test } from 'vitest';
import { hausdorffGradient } from '../../../src/divergence/hausdorff/hausdorffGradient.js';
import type { Side } from '../../../src/measure/side.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { centralDifference } from '../../support/centralDifference.js';
import { randomCloud, withCoordinate, withWeight } from '../../support/clouds.js';
import { distances, halfSquares } from '../../support/costs.js';
import {
  denseDirectWeights,
  denseHausdorff,
  denseSymmetric,
  hausdorffByDefinition,
} from '../../support/denseHausdorff.js';
import { BALANCED, type DenseProblem, denseSelf } from '../../support/denseTransport.js';
import { onDevice } from '../../support/deviceProblem.js';
import { expectClose } from '../../support/expectClose.js';

const balanced: DenseProblem = {
  x: randomCloud(5, 1),
  y: randomCloud(6, 2, { corner: 0.3 }),
  cost: halfSquares,
  epsilon: 0.1,
  rho: BALANCED,
};
const unbalanced: DenseProblem = {
  ...balanced,
  x: randomCloud(5, 3, { mass: 0.6 }),
  y: randomCloud(6, 4, { mass: 1.5, corner: 0.3 }),
  rho: { x: 0.4, y: 0.4 },
};
const cases: [string, DenseProblem][] = [
  ['balanced, p = 2', balanced],
  ['balanced, p = 1', { ...balanced, cost: distances, epsilon: 0.2 }],
  ['unbalanced, p = 2', unbalanced],
  ['unbalanced, p = 1', { ...unbalanced, cost: distances, epsilon: 0.2 }],
  ['unbalanced at a temperature above its strength', { ...unbalanced, epsilon: 1 }],
];

/** The gradients that the module finds, from potentials that are exact. */
function gradientOf(problems: readonly DenseProblem[], side: Side, tolerance = 1e-12) {
  const { backend, problem, upload } = onDevice(problems);
  const dense = problems.map(denseSymmetric);
  const own = { x: upload(dense.map(({ x }) => x.self)), y: upload(dense.map(({ y }) => y.self)) };
  const potentials = {
    iterate: own,
    self: own,
    cross: { x: upload(dense.map(({ y }) => y.cross)), y: upload(dense.map(({ x }) => x.cross)) },
  };
  const earlier = backend.reductions.length;
  const { points, implicitWeights, steepness } = runSync(
    hausdorffGradient(problem, side, potentials, problems[0].epsilon, tolerance),
  );
  return {
    points: Array.from(backend.numbers(points)),
    implicitWeights: Array.from(backend.numbers(implicitWeights)),
    reductions: backend.reductions,
    /** The main results of all reductions that were not released, without what is given back. */
    left: backend.reductions
      .slice(earlier)
      .map(({ arrays }) => arrays[0])
      .filter(
        (array) => backend.held.has(array) && array !== points && array !== implicitWeights && array !== steepness,
      ),
  };
}

/** The gradient in the weights: the direct term, and what comes of the potentials' own change. */
const weightGradientOf = (dense: DenseProblem, side: Side): number[] => {
  const { implicitWeights } = gradientOf([dense], side);
  return denseDirectWeights(dense, side).map((direct, k) => direct - dense.epsilon * implicitWeights[k]);
};

describe.each(cases)('%s', (_, dense) => {
  test('the value that is differentiated is that of the definition', () => {
    expect(denseHausdorff(dense)).toBeCloseTo(hausdorffByDefinition(dense), 7);
  });

  describe.each(['x', 'y'] as const)("with respect to '%s'", (side) => {
    test('the gradient in the points is the slope of the value', () => {
      const { points } = gradientOf([dense], side);
      const slopes = dense[side].points.flatMap((point, k) =>
        point.map((value, axis) =>
          centralDifference(
            (moved) => denseHausdorff({ ...dense, [side]: withCoordinate(dense[side], k, axis, moved) }),
            value,
            2e-4,
          ),
        ),
      );
      expectClose(points, slopes, 1e-8);
    });

    test('the gradient in the weights is the slope of the value', () => {
      const found = weightGradientOf(dense, side);
      const { weights } = dense[side];
      // Where mass is held, it goes from the first point to another.
      const held = dense.rho === BALANCED;
      const slopes = weights.map((weight, k) =>
        centralDifference((by) => {
          const moved = withWeight(dense[side], k, weight + by);
          const changed = held && k > 0 ? withWeight(moved, 0, weights[0] - by) : moved;
          return denseHausdorff({ ...dense, [side]: changed });
        }, 0),
      );
      if (held) {
        const against = found.map((value) => value - found[0]);
        expectClose(against.slice(1), slopes.slice(1), 1e-8);
      } else expectClose(found, slopes, 1e-8);
    });
  });
});

describe('a point of weight 0', () => {
  const idle = (at: readonly number[]): DenseProblem => ({
    ...unbalanced,
    x: { points: [...unbalanced.x.points, at], weights: [...unbalanced.x.weights, 0] },
  });

  test('has no gradient in its place, and changes none of the others', () => {
    const { points } = gradientOf([idle([0.4, 0.7])], 'x');
    expectClose(points, [...gradientOf([unbalanced], 'x').points, 0, 0], 1e-9);
  });

  test('has the slope of the value in its weight', () => {
    const dense = idle([0.4, 0.7]);
    const at = (weight: number) => denseHausdorff({ ...dense, x: withWeight(dense.x, 5, weight) });
    // To one side only, as weights cannot be negative.
    const [step, coefficients] = [1e-3, [-25 / 12, 4, -3, 4 / 3, -1 / 4]];
    const slope = coefficients.reduce((sum, coefficient, k) => sum + coefficient * at(k * step), 0) / step;
    expect(weightGradientOf(dense, 'x')[5]).toBeCloseTo(slope, 7);
  });

  test('leaves everything finite where it is far from all others', () => {
    const { points, implicitWeights } = gradientOf([{ ...idle([600, 800]), rho: BALANCED }], 'x');
    for (const value of [...points, ...implicitWeights]) expect(Number.isFinite(Math.fround(value))).toBe(true);
    expectClose(points.slice(10), [0, 0], 0);
  });
});

test('each element of a batch has its own gradient', () => {
  const problems = [0, 1].map((k) => ({
    ...unbalanced,
    x: randomCloud(5, 11 + k, { mass: 0.6 }),
    y: randomCloud(6, 21 + k, { mass: 1.5 + k, corner: 0.3 * k }),
  }));
  const { points, implicitWeights } = gradientOf(problems, 'y');
  const alone = problems.map((dense) => gradientOf([dense], 'y'));
  expectClose(
    points,
    alone.flatMap((element) => element.points),
    1e-9,
  );
  expectClose(
    implicitWeights,
    alone.flatMap((element) => element.implicitWeights),
    1e-9,
  );
});

test('the implicit term belongs to the solution of the linear system as it was found, however loosely', () => {
  const { epsilon, rho } = unbalanced;
  // A system that is solved to 0.3 of the right-hand side.
  const { implicitWeights, reductions } = gradientOf([unbalanced], 'x', 300);
  const solution = reductions.find(({ columns }) => columns.solution)?.columns.solution ?? new Float64Array();
  const self = denseSelf(unbalanced, 'x');
  const { x } = denseSymmetric(unbalanced);
  const damp = 1 / (1 + epsilon / rho.x);
  const gibbs = (f: number, z: readonly number[], g: number, w: readonly number[]) =>
    Math.exp((f + g - self.cost.plain(z, w)) / epsilon);
  const expected = self.x.points.map((point, k) => {
    const row = self.x.points.map((against, i) => self.x.weights[i] * gibbs(0, point, x.self[i], against));
    const mean = row.reduce((sum, value, i) => sum + value * solution[i], 0) / row.reduce((sum, value) => sum + value);
    const visits = unbalanced.y.points.reduce(
      (sum, against, j) => sum + unbalanced.y.weights[j] * gibbs(x.self[k] / damp, point, x.cross[j], against),
      0,
    );
    return damp * Math.exp(-x.self[k] / rho.x) * (mean + visits / damp / 2);
  });
  expectClose(implicitWeights, expected, 1e-12);
});

test.each([
  [1e-2, 1e-4],
  [1e-6, 1e-8],
])('a tolerance of %d leaves an error of at most %d', (tolerance, error) => {
  const exact = gradientOf([balanced], 'x');
  const loose = gradientOf([balanced], 'x', tolerance);
  expectClose(loose.points, exact.points, error);
  expectClose(loose.implicitWeights, exact.implicitWeights, error);
});

test('the linear system takes no more steps than there are points, as it is symmetric in the right scalar product', () => {
  for (const side of ['x', 'y'] as const) {
    const { reductions } = gradientOf([{ ...unbalanced, rho: { x: 0.1, y: 0.1 } }], side, 1e-6);
    const steps = reductions.filter(({ columns }) => columns.vector).length;
    expect(steps).toBeGreaterThan(1);
    expect(steps).toBeLessThanOrEqual(unbalanced[side].points.length);
  }
});

test('all that was made on the way is released', () => {
  expect(gradientOf([unbalanced], 'x').left).toEqual([]);
});

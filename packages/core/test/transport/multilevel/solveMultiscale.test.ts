/** Transport over cells, held to Newton's method and to the schedule over all pairs of points. */
import { describe, expect, test } from 'vitest';
import { solveNewton } from '../../../src/divergence/sinkhorn/solveNewton.js';
import { solveSinkhorn } from '../../../src/index.js';
import type { MeasurePair } from '../../../src/measure/pair.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { once } from '../../support/once.js';
import { type Asked, backend, cloud, optionsOf, solveMultiscale } from '../../support/overCells.js';

interface Case extends Asked {
  readonly dimension: number;
}

const cases: [string, Case][] = [
  ['squares', { p: 2, dimension: 2, blur: 0.3, tolerance: 1e-4 }],
  ['squares along a schedule', { p: 2, dimension: 2, blur: 0.3, tolerance: null }],
  ['lines', { p: 2, dimension: 1, blur: 0.1, tolerance: 1e-4 }],
  ['cubes of other masses', { p: 2, dimension: 3, blur: 0.4, rho: { x: 0.5, y: 1 }, tolerance: 1e-4 }],
  ['squares, by distances', { p: 1, dimension: 2, blur: 0.1, tolerance: 1e-4 }],
];

describe.each(cases)('%s', (_, { p, dimension, blur, rho, tolerance }) => {
  const mass = rho ? 1.2 : 1;
  const pair: MeasurePair = {
    x: cloud('x', 420, dimension, 1, { mass }),
    y: cloud('y', 350, dimension, 5, { moved: 0.2 }),
  };
  const options = optionsOf({ p, blur, rho, tolerance });
  const found = once(() => runSync(solveMultiscale(backend, pair, options, ['x', 'y'])));
  const truth = once(() => {
    if (tolerance === null) return runSync(solveSinkhorn(backend, pair, options, ['x', 'y']));
    const exact = runSync(solveNewton(pair, { ...options, tolerance: 1e-9 }, {}));
    if (!exact) throw new Error('nothing was found');
    return exact;
  });
  const relative = (values: ArrayLike<number>, exact: ArrayLike<number>) =>
    Math.hypot(...Array.from(exact, (value, k) => values[k] - value)) / Math.hypot(...Array.from(exact));
  const centred = (values: ArrayLike<number>) => {
    const mean = rho ? 0 : Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    return Array.from(values, (value) => value - mean);
  };

  test('the value is that over all pairs of points, up to what is told', () => {
    const { values, errors } = found();
    expect(Math.abs(values[0] / truth().values[0] - 1)).toBeLessThan(errors.value + 1e-12);
    expect(errors.value).toBeLessThan(2e-3);
  });

  test('gradients in points and weights are, too', () => {
    const { gradients, errors } = found();
    const exact = truth().gradients;
    for (const side of ['x', 'y'] as const) {
      const { points = [], weights = [] } = gradients[side] ?? {};
      expect(relative(points, exact[side]?.points ?? []), `${side}.points`).toBeLessThan(errors.gradient + 1e-12);
      expect(relative(centred(weights), centred(exact[side]?.weights ?? [])), `${side}.weights`).toBeLessThan(
        errors.weights + 1e-12,
      );
    }
    expect(errors.gradient).toBeLessThan(1e-2);
  });

  test('a solve that starts from another has little to do, and comes to the same', () => {
    const again = runSync(solveMultiscale(backend, pair, options, [], { iterates: found().iterates }));
    if (tolerance !== null) expect(again.iterations).toBeLessThan(found().iterations);
    expect(Math.abs(again.values[0] / found().values[0] - 1)).toBeLessThan(2e-3);
    expect(again.epsilons.length).toBe(1);
  });
});

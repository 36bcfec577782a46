import { expect, test } from 'vitest';
import { checkMeasure } from '../../src/measure/measure.js';
import { sweepErrors } from '../../src/transport/sweepErrors.js';

test('what a potential lacks counts as often in slopes as reach amplifies it, far from the mass', () => {
  const [blur, reach, step] = [1, 10, 1e-3];
  const points = [[0], [3], [6]];
  const pair = {
    x: checkMeasure('x', { points, weights: [1, 1e-6, 1e-6] }),
    y: checkMeasure('y', { points, weights: [1, 1, 1] }),
  };
  const [epsilon, rho] = [blur ** 2, reach ** 2];
  // Where there is hardly any mass to take things to, potentials are far below 0.
  const f_ba = Float64Array.of(1, -700, -900);
  const before = f_ba.map((value, k) => (k === 2 ? value + step : value));
  const slopes = (f: Float64Array) => f.map((value) => (rho + epsilon) * (1 - Math.exp(-value / rho)));
  const weights = slopes(f_ba);
  const g_ab = new Float64Array(3);
  const errors = sweepErrors({
    pair,
    options: {
      ...{ p: 2, blur, reach: { x: reach, y: reach }, debias: false, homogeneous: true, scaling: 0.5 },
      ...{ tolerance: 1e-3, maxIterations: 100 },
    } as never,
    values: Float64Array.of(1),
    gradients: { x: { points: new Float64Array(3), weights } },
    potentials: { f_ba, g_ab },
    before: { f_ba: before, g_ab },
    marginalError: 1e-12,
    squares: Float64Array.of(0),
    precision: 'float64',
    longest: 6,
  });
  const off = Math.hypot(...slopes(before).map((slope, k) => slope - weights[k])) / Math.hypot(...weights);
  expect(errors.weights).toBeGreaterThan(off);
  expect(errors.weights).toBeLessThan(100 * off);
});

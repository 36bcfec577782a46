/** Transport over cells does not depend on which measure comes first, and knows a measure against itself. */
import { expect, test } from 'vitest';
import { solveNewton } from '../../../src/divergence/sinkhorn/solveNewton.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { backend, cloud, optionsOf, solveMultiscale } from '../../support/overCells.js';

const x = cloud('x', 420, 2, 1);
const y = cloud('y', 350, 2, 5, { moved: 0.2 });
const options = optionsOf({ p: 2, blur: 0.3, tolerance: 1e-4 });

test('exchanged measures have the same value to the last bit, and each its gradients', () => {
  const one = runSync(solveMultiscale(backend, { x, y }, options, ['x', 'y']));
  const other = runSync(solveMultiscale(backend, { x: y, y: x }, options, ['x', 'y']));
  expect(other.values[0]).toBe(one.values[0]);
  expect(other.gradients.y?.points).toEqual(one.gradients.x?.points);
  expect(other.gradients.x?.weights).toEqual(one.gradients.y?.weights);
});

test('a measure is at 0 from itself, to the last bit', () => {
  const copy = { ...x, points: x.points.slice(), weights: x.weights.slice() };
  const { values, gradients, iterations } = runSync(solveMultiscale(backend, { x, y: copy }, options, ['x']));
  expect(values[0]).toBe(0);
  expect(Math.max(...(gradients.x?.points ?? [1]).map(Math.abs))).toBe(0);
  expect(iterations).toBeGreaterThan(0);
});

test('but not where one side is to keep more of its mass than the other', () => {
  const uneven = optionsOf({ p: 2, blur: 0.3, tolerance: 1e-4, rho: { x: 0.1, y: 3 } });
  const pair = { x, y: { ...x, points: x.points.slice() } };
  const { values, errors } = runSync(solveMultiscale(backend, pair, uneven, []));
  const exact = runSync(solveNewton(pair, { ...uneven, tolerance: 1e-9 }, {}));
  expect(Math.abs(values[0] / (exact?.values[0] ?? 0) - 1)).toBeLessThan(errors.value + 1e-12);
});

test('nothing is debiased that is not to be', () => {
  const biased = { ...options, debias: false };
  const { values, errors, potentials } = runSync(solveMultiscale(backend, { x, y }, biased, []));
  const exact = runSync(solveNewton({ x, y }, { ...biased, tolerance: 1e-9 }, {}));
  expect(potentials.f_aa).toBeUndefined();
  expect(Math.abs(values[0] / (exact?.values[0] ?? 0) - 1)).toBeLessThan(errors.value + 1e-12);
});

test('a few sweeps that are all there may be are told not to have converged', () => {
  const few = { ...optionsOf({ p: 2, blur: 0.02, tolerance: 1e-9 }), maxIterations: 2 };
  const { converged, marginalError } = runSync(solveMultiscale(backend, { x, y }, few, []));
  expect(converged).toBe(false);
  expect(marginalError).toBeGreaterThan(1e-9);
});

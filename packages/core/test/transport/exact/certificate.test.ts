import { expect, test } from 'vitest';
import { certify } from '../../../src/transport/exact/certificate.js';

// From two points to three, where the cheapest plan costs 0.25 and takes what the first row has too much of to the third column.
const costs = Float64Array.of(0, 3, 1, 1, 0, 0);
const [a, b] = [Float64Array.of(0.5, 0.5), Float64Array.of(0.25, 0.25, 0.5)];

test('potentials that are feasible prove what they are worth', () => {
  const best = certify(0.25, a, b, Float64Array.of(1, 0), Float64Array.of(-1, 0, 0), costs);
  expect(best).toEqual({ primal: 0.25, dual: 0.25, gap: 0, infeasibility: 0 });
  const low = certify(0.25, a, b, Float64Array.of(0, 0), Float64Array.of(-1, 0, 0), costs);
  expect(low).toEqual({ primal: 0.25, dual: -0.25, gap: 0.5, infeasibility: 0 });
});

test.each([
  ['the first pair', Float64Array.of(1, 0), Float64Array.of(-0.5, 0, 0), 0.5],
  ['the last pair', Float64Array.of(0, 0.75), Float64Array.of(-1.75, -0.5, 0), 0.75],
])('potentials that ask for too much of %s prove that less, for all of the mass', (_, f, g, infeasibility) => {
  const found = certify(0.25, a, b, f, g, costs);
  expect(found.infeasibility).toBe(infeasibility);
  expect(found.gap).toBeCloseTo(0.25 - found.dual + infeasibility, 15);
  expect(found.gap).toBeGreaterThanOrEqual(0);
});

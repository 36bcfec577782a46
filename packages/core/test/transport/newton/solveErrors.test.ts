import { describe, expect, test } from 'vitest';
import type { FinalRows } from '../../../src/transport/newton/finalRows.js';
import { type SolvedElement, type SolvedSide, solveErrors } from '../../../src/transport/newton/solveErrors.js';

const infinite = Number.POSITIVE_INFINITY;
const zeros = (count: number) => new Float64Array(count);

/** Rows with potentials of their own, whose sizes say nothing else. */
const rowsOf = (potential: readonly number[]): FinalRows => ({
  potential: Float64Array.from(potential),
  slopes: new Float64Array(2 * potential.length).fill(0.3),
  spread: new Float64Array(potential.length).fill(0.1),
  sizes: new Float64Array(potential.length).fill(1),
  turns: zeros(potential.length),
  steepness: zeros(potential.length),
  unsettled: zeros(potential.length),
});

const sideOf = (changes: Partial<SolvedSide> = {}): SolvedSide => ({
  weights: Float64Array.of(0.5, 0, 0.5),
  rho: infinite,
  cross: rowsOf([0.2, 9, -0.1]),
  self: rowsOf([0.1, 7, 0.15]),
  selfMissing: zeros(2),
  unit: 1,
  pointSlopes: new Float64Array(6).fill(0.2),
  weightSlopes: Float64Array.of(0.1, 2, -0.2),
  ...changes,
});

const elementOf = (changes: Partial<SolvedElement> = {}): SolvedElement => ({
  value: 0.25,
  epsilon: 0.1,
  costScale: 1,
  isFormula: false,
  longest: 1.4,
  crossError: 0,
  selfError: 0,
  remaining: { value: 0, potentials: 0, f: zeros(2), g: zeros(2) },
  sides: { x: sideOf(), y: sideOf() },
  ...changes,
});

test('a solve that lacks nothing is off by rounding alone', () => {
  const { value, gradient, weights } = solveErrors(elementOf());
  for (const error of [value, gradient, weights]) {
    expect(error).toBeGreaterThan(1e-17);
    expect(error).toBeLessThan(1e-13);
  }
});

describe('what self potentials lack', () => {
  // In temperatures, at the two points with mass.
  const missing = Float64Array.of(1e-3, -0.5);
  const sum = (term: (lack: number) => number) => missing.reduce((total, by) => total + 0.5 * term(Math.abs(by)), 0);

  test.each<[string, number, Partial<SolvedElement>, Partial<SolvedSide>]>([
    ['the temperature', 0.1, {}, {}],
    ['twice the costs', 2e-3, { costScale: 1e-3 }, {}],
    ['the temperature where there are no costs', 0.1, { costScale: 0 }, {}],
    ['the penalty', 0.02, {}, { rho: 0.02 }],
  ])('counts in the value by its square over %s', (_, finest, changes, ofSides) => {
    const lacking = { selfMissing: missing, ...ofSides };
    const given = elementOf({ ...changes, sides: { x: sideOf(lacking), y: sideOf(ofSides) } });
    const settled = elementOf({ ...changes, sides: { x: sideOf(ofSides), y: sideOf(ofSides) } });
    const expected = 4 * sum((by) => 0.1 * by * Math.min(1, (0.1 * by) / finest));
    expect((solveErrors(given).value - solveErrors(settled).value) * 0.25).toBeCloseTo(expected, 12);
    const exchanged = elementOf({ ...changes, sides: { x: sideOf(ofSides), y: sideOf(lacking) } });
    expect(solveErrors(exchanged).value).toBe(solveErrors(given).value);
  });

  test("counts in the weights' gradient by four times its size, and in no gradient in the points", () => {
    const given = solveErrors(elementOf({ sides: { x: sideOf({ selfMissing: missing }), y: sideOf() } }));
    const slopes = [0.1, 2, -0.2];
    const mean = (0.1 - 0.2) / 2;
    const size = Math.hypot(...slopes.map((slope) => slope - mean));
    expect(given.weights).toBeCloseTo((4 * 0.1 * Math.hypot(...missing)) / size, 12);
    expect(given.gradient).toBe(solveErrors(elementOf()).gradient);
  });
});

test('what one more step would add counts four times', () => {
  const remaining = { value: 1e-5, potentials: 0, f: zeros(2), g: zeros(2) };
  expect(solveErrors(elementOf({ remaining })).value).toBeCloseTo((4 * 1e-5) / 0.25, 12);
});

test('potentials that differ by more are off by that in temperatures, twice', () => {
  const remaining = { value: 0, potentials: 1e-4, f: zeros(2), g: zeros(2) };
  const size = Math.hypot(0.15, 2.05, 0.15);
  expect(solveErrors(elementOf({ remaining })).weights).toBeCloseTo((Math.sqrt(3) * 2 * 0.1 * 1e-4) / size, 12);
});

describe('marginal errors', () => {
  test('below what a solve settles at add nothing to the value', () => {
    expect(solveErrors(elementOf({ crossError: 1e-11 })).value).toBe(solveErrors(elementOf()).value);
  });

  test('beyond it mass may have to go as far as can be', () => {
    // The largest cost for the share of the mass, where marginals are held; and what penalties give it back for elsewhere.
    expect(solveErrors(elementOf({ crossError: 1e-6 })).value).toBeCloseTo(1e-6 / 0.25, 10);
    const rho = { x: 0.4, y: 0.3 };
    const sides = { x: sideOf({ rho: rho.x }), y: sideOf({ rho: rho.y }) };
    const mass = 0.5 * (Math.exp(-0.1 / 0.4) + Math.exp(0.1 / 0.4));
    const taken = Math.max(1, mass, 0.5 * (Math.exp(-0.1 / 0.3) + Math.exp(0.1 / 0.3)));
    expect(solveErrors(elementOf({ crossError: 1e-6, sides })).value).toBeCloseTo(
      (taken * (0.1 + 0.3) * 1e-6) / 0.25,
      10,
    );
  });

  test('of the self problems count at the finest scale', () => {
    expect(solveErrors(elementOf({ crossError: 1.0001e-11, selfError: 1e-3 })).value).toBeCloseTo(
      (0.1 * 1e-3) / 0.25,
      10,
    );
  });

  test('count in gradients by the slopes that they are of', () => {
    const found = solveErrors(elementOf({ crossError: 1e-6 })).gradient;
    // Of both problems.
    const own = 2 * 1e-6 * Math.hypot(0.3, 0.3);
    expect(found).toBeCloseTo((Math.sqrt(3) * own) / Math.hypot(...new Array(6).fill(0.2)), 10);
  });

  test('beyond 1e-4 mass may stand at wrong points', () => {
    const at = (crossError: number) => solveErrors(elementOf({ crossError })).gradient;
    // Twice the steepest slope for the share of the mass.
    const size = Math.hypot(...new Array(6).fill(0.2));
    expect(at(1.01e-4) - 1.01 * at(1e-4)).toBeCloseTo((2 * (1 / 1.4) * 1.01e-4) / size, 10);
  });
});

test('masses that differ, where both have to be met, are paid for at the largest potential of points with mass', () => {
  const sides = { x: sideOf({ unit: 1 + 1e-6 }), y: sideOf() };
  expect(solveErrors(elementOf({ sides })).value).toBeCloseTo((1e-6 * 9) / 0.25, 10);
});

test('points that are all in one place have no slopes to be wrong, and weights by what masses are rounded by', () => {
  const here = (sides: SolvedElement['sides']) => solveErrors(elementOf({ costScale: 0, longest: 0, value: 0, sides }));
  const roundings = 32 * (1 + Math.SQRT2 / 2);
  // The larger side tells, in units of a thousand times what roundings come to.
  const one = { weights: Float64Array.of(1), cross: rowsOf([0]), self: rowsOf([0]), selfMissing: zeros(1) };
  const single = sideOf({ ...one, pointSlopes: zeros(2), weightSlopes: zeros(1) });
  for (const sides of [
    { x: sideOf(), y: single },
    { x: single, y: sideOf() },
  ]) {
    const { gradient, weights, value } = here(sides);
    expect(gradient).toBe(0);
    expect(weights / ((Math.sqrt(3) * roundings * 2 ** -52) / 2 ** -36)).toBeCloseTo(1, 9);
    expect(value).toBeLessThan(1);
  }
  // Penalties amplify it, and pay for what masses are rounded by.
  const rho = 0.5;
  const weights = Float64Array.of(0.5, 0, 0.5);
  const free = here({ x: sideOf({ rho, weights }), y: sideOf({ rho, weights }) });
  const paid = rho * 3 * 2 ** -52;
  const expected = Math.sqrt(3) * ((1 + 0.1 / rho) * roundings * 2 ** -52 + paid / 0.1) * 2 ** 36;
  expect(free.weights / expected).toBeCloseTo(1, 9);
});

test('gradients in the points are off by what exponents and masses of rows are rounded by', () => {
  const digits = 4 * (1 + Math.SQRT2 / 2) * 2 ** -52;
  // Of both problems: the spread by exponents of 1 / 0.1 temperatures, slopes by what the masses of rows are.
  const own = 2 * digits * (0.1 * (1 + 1 / 0.1) + Math.hypot(0.3, 0.3));
  const { gradient } = solveErrors(elementOf());
  const size = Math.hypot(...new Array(6).fill(0.2));
  expect((gradient - 2 ** -52) / ((Math.sqrt(3) * own) / size)).toBeCloseTo(1, 9);
});

test('penalties pay for what a plain sum of the weights rounds off', () => {
  const rho = 0.5;
  // Ten times 0.3 is 3 to the last digit, and 3 - 2^-51 where it is added up.
  const weights = new Float64Array(10).fill(0.3);
  const none = new Array(10).fill(0);
  const side = sideOf({
    ...{ rho, weights, cross: rowsOf(none), self: rowsOf(none), selfMissing: zeros(10) },
    ...{ pointSlopes: zeros(20), weightSlopes: zeros(10) },
  });
  const found = solveErrors(elementOf({ costScale: 0, longest: 0, value: 0, sides: { x: side, y: side } }));
  const paid = rho * (3 * 2 ** -52 + (2 * 2 ** -51) / 3);
  const roundings = 32 * (1 + Math.SQRT2 / 2) * 2 ** -52;
  const expected = Math.sqrt(10) * ((1 + 0.1 / rho) * roundings + paid / 0.1) * 2 ** 36;
  expect(found.weights / expected).toBeCloseTo(1, 9);
});

test.each(['x', 'y'] as const)('the side whose gradients are worse tells: %s', (side) => {
  const worse = sideOf({ cross: { ...rowsOf([0.2, 9, -0.1]), spread: Float64Array.of(1e3, 1e3, 1e3) } });
  const { gradient } = solveErrors(elementOf({ sides: { x: sideOf(), y: sideOf(), [side]: worse } }));
  expect(gradient).toBeGreaterThan(100 * solveErrors(elementOf()).gradient);
});

test('a formula of your own may lose digits: eight times as many in gradients', () => {
  const [plain, formula] = [false, true].map((isFormula) => solveErrors(elementOf({ isFormula })).gradient - 2 ** -52);
  expect(formula / plain).toBeCloseTo(8, 6);
});

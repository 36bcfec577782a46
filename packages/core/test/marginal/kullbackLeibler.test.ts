import { describe, expect, test } from 'vitest';
import { type Expression, parameter, row } from '../../src/formula/expression.js';
import { mapOnHost } from '../../src/formula/mapOnHost.js';
import { type KullbackLeibler, kullbackLeibler } from '../../src/marginal/kullbackLeibler/kullbackLeibler.js';

const infinite = Number.POSITIVE_INFINITY;
const epsilon = parameter('epsilon');

/** The number that a formula of a penalty gives. */
function computed(
  strength: number,
  formula: (penalty: KullbackLeibler) => Expression,
  values: Readonly<Record<string, number>>,
  precision: 'float32' | 'float64' = 'float64',
): number {
  const penalty = kullbackLeibler(strength, precision);
  const rows = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float64Array.of(value)]));
  return mapOnHost(formula(penalty), rows, { ...penalty.parameters, epsilon: values.epsilon ?? 0 })[0];
}

const difference = (strength: number, low: number, high: number, temperature = 0, precision?: 'float32') =>
  computed(
    strength,
    (penalty) => penalty.dualDifference(row('low'), row('high'), epsilon),
    {
      low,
      high,
      epsilon: temperature,
    },
    precision,
  );

describe('the Kullback-Leibler penalty', () => {
  test.each([
    [0.5, 0.2, 1.3],
    [2, 0.01, -0.4],
  ])('of strength %f at eps = %f has the proximal step of a potential', (strength, temperature, softmin) => {
    // What maximises -phi*(-f) - eps exp((f - softmin) / eps), phi*(q) = rho (exp(q / rho) - 1).
    const found = computed(strength, ({ prox }) => prox(row('softmin'), epsilon), { softmin, epsilon: temperature });
    const slope = Math.exp(-found / strength) - Math.exp((found - softmin) / temperature);
    expect(slope).toBeCloseTo(0, 12);
  });

  test('takes exp(-f / rho) of a mass', () => {
    expect(computed(0.4, ({ logMass }) => logMass(row('f')), { f: 0.6 })).toBeCloseTo(-1.5, 14);
  });

  test.each([
    [0.3, 1.1, 0.7, 0.2],
    [-0.3, 0.2, 0.05, 0],
    [1.1, 0.3, 0.7, 1],
    [0.4, 0.4, 0.1, 0.1],
    // By how much an exponential is more tells the other branch: exponents up to 0.25 and beyond.
    [0.1, 0.12, 0.5, 0],
  ])('has (rho + t) (exp(-%f / rho) - exp(-%f / rho)), for rho = %f and t = %f', (low, high, rho, t) => {
    const expected = (rho + t) * (Math.exp(-low / rho) - Math.exp(-high / rho));
    expect(difference(rho, low, high, t)).toBeCloseTo(expected, 12);
  });

  test('keeps its digits where exponentials are nearly 1', () => {
    expect(difference(1e14, 0.25, 0.75)).toBeCloseTo(0.5, 12);
  });

  test.each([
    [800, -0.5],
    [-0.5, 800],
    [800, 760],
  ])('keeps one exponential where the other one is 0: %f against %f', (low, high) => {
    expect(difference(1, low, high, 0.25)).toBeCloseTo(1.25 * (Math.exp(-low) - Math.exp(-high)), 14);
  });

  test('is finite in each precision as far as that goes', () => {
    expect(difference(1, 60, -30)).toBeCloseTo(-Math.exp(30), -4);
    expect(difference(1, 300, -300) / -Math.exp(300)).toBeCloseTo(1, 12);
    expect(Math.fround(difference(1, 0, -1e6, 0, 'float32'))).toBeGreaterThan(-infinite);
  });
});

describe('a marginal that is met as it is', () => {
  test('leaves potentials and masses as they are', () => {
    expect(computed(infinite, ({ prox }) => prox(row('softmin'), epsilon), { softmin: 1.3, epsilon: 0.2 })).toBe(1.3);
    expect(Math.abs(computed(infinite, ({ logMass }) => logMass(row('f')), { f: 0.6 }))).toBe(0);
    expect(difference(infinite, 0.25, 0.75, 0.3)).toBe(0.5);
    expect(kullbackLeibler(infinite, 'float64')).toMatchObject({ balanced: true, scale: infinite, rate: 0 });
  });
});

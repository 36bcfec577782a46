import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.js';
import {
  abs,
  add,
  component,
  distance,
  type Expression,
  max,
  mul,
  squaredDistance,
  sub,
} from '../../src/formula/expression.js';
import { checkMeasure } from '../../src/measure/measure.js';
import { checkSymmetric, findAsymmetry } from '../../src/measure/symmetry.js';
import { draws } from '../support/draws.js';

const cloud = (count: number, seed: number) => checkMeasure('x', { points: draws(2 * count, seed), dimension: 2 });
const pair = { x: cloud(9, 1), y: cloud(12, 2) };
const last = (point: Expression) => component(point, 1);

type Formula = (x: Expression, y: Expression) => Expression;

describe('a symmetric formula is found to be', () => {
  const symmetric: [string, Formula][] = [
    ['|x - y|', distance],
    ['|x - y|^2', squaredDistance],
    ['x_1 y_1', (x, y) => mul(last(x), last(y))],
    ['a difference that only rounding makes', (x, y) => mul(mul(0.1, last(x)), last(y))],
  ];
  test.each(symmetric)('%s', (_, formula) => {
    expect(findAsymmetry(formula, pair)).toBeUndefined();
    expect(() => checkSymmetric('cost', formula, pair, 'say why')).not.toThrow();
  });
});

describe('a formula that is not symmetric is found out', () => {
  const asymmetric: [string, Formula][] = [
    ['x_1 - y_1', (x, y) => sub(last(x), last(y))],
    ['|x - 2y|', (x, y) => distance(x, mul(2, y))],
    ['by a millionth', (x, y) => add(distance(x, y), mul(1e-6, last(x)))],
  ];
  test.each(asymmetric)('%s', (_, formula) => {
    const found = findAsymmetry(formula, pair);
    expect(found).toBeDefined();
    expect(found?.forward).not.toBe(found?.backward);
  });

  test('with what it gives in both orders', () => {
    const x = checkMeasure('x', [[3, 0]]);
    const y = checkMeasure('y', [[3, 5]]);
    const found = findAsymmetry((u, v) => add(10, sub(last(u), last(v))), { x, y });
    expect(found).toEqual({ forward: 5, backward: 15 });
  });
});

describe('where it is tried', () => {
  test.each([2, 3])('every one of %i points', (count) => {
    // Symmetric but for pairs with the last point.
    const places = Array.from({ length: count }, (_, k) => [k === count - 1 ? 1 : 0, k]);
    const [x, y] = [checkMeasure('x', places), checkMeasure('y', [[0, 7]])];
    const formula: Formula = (u, v) => add(distance(u, v), component(u, 0));
    expect(findAsymmetry(formula, { x, y })).toBeDefined();
  });

  /** Points along the second axis; the first one is a place where no formula finds anything. */
  const along = (name: string, places: readonly number[]) =>
    checkMeasure(name, { points: places.flatMap((place) => [1000, place]), dimension: 2 });
  /** Asymmetric at places within 1 of these two, and symmetric everywhere else. */
  const asymmetricAt = (from: number, to: number, width = 1): Formula => {
    const near = (point: Expression, place: number) => max(0, sub(width, abs(sub(last(point), place))));
    return (u, v) => mul(near(u, from), near(v, to));
  };

  const [x, y] = [
    [0, 10, 20, 30],
    [40, 50, 60, 70],
  ];
  const pairs = [...x, ...y].flatMap((from) => [...x, ...y].map((to) => [from, to])).filter(([u, v]) => u !== v);
  test.each(pairs)('any two of four points a side: %d and %d', (from, to) => {
    const found = findAsymmetry(asymmetricAt(from, to), { x: along('x', x), y: along('y', y) });
    expect(found && [found.forward, found.backward].sort()).toEqual([0, 1]);
  });

  test.each([0, 1, 2, 3])('points of all quarters of a large cloud: number %i', (quarter) => {
    const many = Array.from({ length: 20 }, (_, k) => k);
    const formula = asymmetricAt(5 * quarter + 2, 100, 2.5);
    expect(findAsymmetry(formula, { x: along('x', many), y: along('y', [100]) })).toBeDefined();
    expect(findAsymmetry(formula, { x: along('x', [100]), y: along('y', many) })).toBeDefined();
  });
});

test('the error names the option, both numbers and the remedy', () => {
  const x = checkMeasure('x', [[3, 0]]);
  const y = checkMeasure('y', [[3, 5]]);
  const formula: Formula = (u, v) => add(10, sub(last(u), last(v)));
  expect(() => checkSymmetric('kernel', formula, { x, y }, 'k(x, y) = k(y, x) is needed')).toThrow(
    new InvalidOptionError(
      'kernel is not symmetric: it gives 5 for two of the points and 15 in the other order; k(x, y) = k(y, x) is needed',
    ),
  );
});

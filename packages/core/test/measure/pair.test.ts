import { describe, expect, test } from 'vitest';
import { InvalidMeasureError } from '../../src/errors.js';
import { checkMeasure, type Measure } from '../../src/measure/measure.js';
import { checkEqualMasses, checkPair, compareContent } from '../../src/measure/pair.js';
import { other } from '../../src/measure/side.js';

const pairOf = (x: Measure, y: Measure) => ({ x: checkMeasure('x', x), y: checkMeasure('y', y) });
const batch = (length: number, count = 2) => ({ data: new Float64Array(length * count), shape: [length, count, 1] });
const weighted = (...weights: number[]) => ({ points: weights.map((_, k) => k), dimension: 1, weights });

test('each side is the other of the other', () => {
  expect([other('x'), other('y')]).toEqual(['y', 'x']);
});

describe('points that are too near for squares of their distances', () => {
  const near = 1e-80;
  const at = (...coordinates: number[]): Measure => ({ points: coordinates, dimension: 1 });

  test.each([
    ['all of them at one place', at(3, 3), at(3)],
    ['some of them further away, in x', at(0, near, 1), at(0, near)],
    ['some of them further away, in y', at(0, near), at(near, 0, -1)],
    ['a distance whose square is small', at(0), at(1e-70)],
  ])('%s: allowed', (_, x, y) => {
    expect(() => checkPair(pairOf(x, y))).not.toThrow();
  });

  test.each([
    ['in x', at(0, near), at(0)],
    ['in y', at(0, 0), at(0, -near)],
    ['along the second axis', { points: [0, 5, 0, 5], dimension: 2 }, { points: [0, 5, 2e-80, 5], dimension: 2 }],
  ])('%s: refused', (_, x, y) => {
    const check = () => checkPair(pairOf(x, y));
    expect(check).toThrow(InvalidMeasureError);
    expect(check).toThrow(/^x and y lie within [12]e-80: rescale the coordinates to about 1$/);
  });
});

describe('two measures go together', () => {
  test.each([
    [
      'of one dimension, whatever their numbers of points',
      [[1, 2]],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['of one batch size', batch(3), batch(3, 5)],
  ])('%s', (_, x, y) => {
    expect(() => checkPair(pairOf(x, y))).not.toThrow();
  });

  const refused: [string, Measure, Measure, string][] = [
    [
      'of two dimensions',
      [[1, 2]],
      [[1, 2, 3]],
      'x has dimension 2 and y has dimension 3: give both the same coordinates',
    ],
    [
      'of two batch sizes',
      batch(2),
      batch(3),
      'x is a batch of 2 and y is a batch of 3: give both the same batch size',
    ],
    ['of which one is a batch', batch(1), [[1]], 'x is a batch of 1 and y is no batch: give both the same batch size'],
    [
      'of which the other is a batch',
      [[1]],
      batch(1),
      'x is no batch and y is a batch of 1: give both the same batch size',
    ],
  ];

  test.each(refused)('but not %s', (_, x, y, message) => {
    expect(() => checkPair(pairOf(x, y))).toThrow(new InvalidMeasureError(message));
  });
});

describe('masses agree', () => {
  test.each([
    ['that are the same', weighted(0.5, 1), weighted(0.25, 0.25, 1)],
    ['up to the rounding of float32', weighted(1), weighted(1 + 8e-6)],
    ['up to it, where both are large', weighted(1e6), weighted(1e6 + 8)],
    ['up to it, where both are small', weighted(1e-9), weighted(1e-9 + 8e-15)],
  ])('%s', (_, x, y) => {
    expect(() => checkEqualMasses(pairOf(x, y))).not.toThrow();
    expect(() => checkEqualMasses(pairOf(y, x))).not.toThrow();
  });

  test.each([
    ['that differ', weighted(1), weighted(2)],
    ['by more than the rounding of float32', weighted(1), weighted(1 + 2e-5)],
    ['by more than that, where both are large', weighted(1e6), weighted(1e6 + 20)],
    ['by more than that, where both are small', weighted(1e-9), weighted(1e-9 + 2e-14)],
  ])('but not %s', (_, x, y) => {
    expect(() => checkEqualMasses(pairOf(x, y))).toThrow(InvalidMeasureError);
    expect(() => checkEqualMasses(pairOf(y, x))).toThrow(InvalidMeasureError);
  });

  test('and where they do not, the error has both, and the element of a batch', () => {
    expect(() => checkEqualMasses(pairOf(weighted(1, 2), weighted(4)))).toThrow(
      new InvalidMeasureError(
        'x has mass 3 and y has mass 4: set normalize: true to compare shares, or reach to let mass be created and destroyed',
      ),
    );
    const [x, y] = [
      { ...batch(2), weights: [1, 1, 1, 2] },
      { ...batch(2), weights: [2, 0, 1, 3] },
    ];
    expect(() => checkEqualMasses(pairOf(x, y))).toThrow(
      'x has mass 3 and y has mass 4 in element 1: set normalize: true',
    );
  });
});

describe('the order by content', () => {
  // From the least to the greatest: by number of points, then by points, then by weights.
  const ascending = [
    { points: [9, 9], dimension: 2, weights: [5] },
    { points: [0, 1, 1, 2], dimension: 2, weights: [3, 1] },
    { points: [0, 1, 1, 3], dimension: 2, weights: [0.5, 0.5] },
    { points: [0, 1, 1, 3], dimension: 2, weights: [0.5, 0.6] },
    { points: [0, 2, 0, 0], dimension: 2, weights: [0.1, 0.1] },
  ].map((measure) => checkMeasure('x', measure));

  test.each(ascending.flatMap((_, i) => ascending.map((_other, k) => [i, k])))('of number %i and number %i', (i, k) => {
    expect(Math.sign(compareContent(ascending[i], ascending[k]))).toBe(Math.sign(i - k));
  });

  test('knows no difference between float widths and names', () => {
    const x = checkMeasure('x', { points: Float32Array.of(1, 2), dimension: 1 });
    const y = checkMeasure('y', { points: Float64Array.of(1, 2), dimension: 1 });
    expect(compareContent(x, y)).toBe(0);
  });
});

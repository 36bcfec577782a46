import { describe, expect, test } from 'vitest';
import { InvalidMeasureError } from '../../src/errors.js';
import { checkMeasure, type Measure } from '../../src/measure/measure.js';

const flat = [0, 1, 2, 3, 4, 5];

describe('every form', () => {
  const forms: [string, Measure][] = [
    ['points, row by row', { points: flat, dimension: 2 }],
    ['data with a shape', { data: flat, shape: [3, 2] }],
    [
      'an array of points',
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    ],
    [
      'an array of typed points',
      [Float64Array.of(0, 1), Float64Array.of(2, 3), Float64Array.of(4, 5)] as unknown as number[][],
    ],
    [
      'points as rows',
      {
        points: [
          [0, 1],
          [2, 3],
          [4, 5],
        ],
      },
    ],
    [
      'points as rows, with weights and a dimension',
      {
        points: [
          [0, 1],
          [2, 3],
          [4, 5],
        ],
        dimension: 2,
        weights: [1 / 3, 1 / 3, 1 / 3],
      },
    ],
    ['integers', { points: Int16Array.from(flat), dimension: 2 }],
    ['data of integers', { data: Uint8Array.from(flat), shape: [3, 2] }],
  ];

  test.each(forms)('%s', (_, measure) => {
    expect(checkMeasure('x', measure)).toEqual({
      name: 'x',
      points: Float64Array.from(flat),
      weights: new Float64Array(3).fill(1 / 3),
      masses: Float64Array.of(1),
      batch: 1,
      batched: false,
      count: 3,
      dimension: 2,
    });
  });

  test('a batch', () => {
    const weights = [0.5, 0.25, 1, 2, 0, 3];
    const measure = checkMeasure('y', { data: Array.from({ length: 12 }, (_, k) => k), shape: [2, 3, 2], weights });
    expect(measure).toMatchObject({ name: 'y', batch: 2, batched: true, count: 3, dimension: 2 });
    expect(Array.from(measure.weights)).toEqual(weights);
    expect(Array.from(measure.masses)).toEqual([1.75, 5]);
  });

  test('a batch without weights: each element has a mass of 1', () => {
    const { weights, masses } = checkMeasure('x', { data: new Float64Array(8), shape: [2, 4, 1] });
    expect(Array.from(weights)).toEqual(new Array(8).fill(1 / 4));
    expect(Array.from(masses)).toEqual([1, 1]);
  });

  test('a batch of one is still a batch', () => {
    expect(checkMeasure('x', { data: [1, 2], shape: [1, 1, 2] })).toMatchObject({ batch: 1, batched: true });
  });
});

test.each([
  ['Float32Array', Float32Array.from(flat)],
  ['Float64Array', Float64Array.from(flat)],
])('points of a %s are not copied', (_, points) => {
  expect(checkMeasure('x', { points, dimension: 3 }).points).toBe(points);
  expect(checkMeasure('x', { data: points, shape: [1, 3, 2] }).points).toBe(points);
});

test('weights are copied: who changes theirs later changes nothing', () => {
  const weights = Float64Array.of(1, 2, 3);
  const measure = checkMeasure('x', { points: flat, dimension: 2, weights });
  weights[0] = -5;
  expect(Array.from(measure.weights)).toEqual([1, 2, 3]);
});

const wrong = (value: unknown) => value as Measure;
const form = 'give an array of points, { points, weights }, { points, dimension } or { data, shape }';
const pointsOf = (points: unknown, dimension: unknown, weights?: unknown) => wrong({ points, dimension, weights });
const shaped = (data: unknown, shape: unknown, weights?: unknown) => wrong({ data, shape, weights });

const refused: [string, Measure, string][] = [
  ['nothing', wrong(undefined), `x is undefined: ${form}`],
  ['null', wrong(null), `x is null: ${form}`],
  ['a number', wrong(3), `x is 3: ${form}`],
  ['an object of another kind', wrong({ values: [1] }), `x is an object: ${form}`],

  ['an empty array', [], 'x is empty: give one point or more'],
  ['a flat array', wrong([1, 2]), 'x[0] is no point: give an array of arrays of numbers'],
  ['points without coordinates', [[], []], 'x[0] is no point: give an array of arrays of numbers'],
  [
    'points of two dimensions',
    [[1, 2], [3, 4], [5]],
    'x[2] has 1 coordinates, x[0] has 2: give all points the same dimension',
  ],
  [
    'a point that is none',
    wrong([[1, 2], 3]),
    'x[1] has no coordinates, x[0] has 2: give all points the same dimension',
  ],
  [
    'text among numbers',
    wrong([
      [1, 2],
      [3, '4'],
    ]),
    "x[1][1] is the text '4': give numbers only",
  ],
  ['an object among numbers', wrong([[{}, 2]]), 'x[0][0] is an object: give numbers only'],
  ['a gap', wrong([[1, undefined]]), 'x[0][1] is undefined: give numbers only'],

  [
    'a dimension of 0',
    pointsOf([], 0),
    'x.dimension is 0: give the number of coordinates of a point, or points as rows',
  ],
  [
    'half a dimension',
    pointsOf([1], 1.5),
    'x.dimension is 1.5: give the number of coordinates of a point, or points as rows',
  ],
  [
    'no dimension',
    pointsOf([1], undefined),
    'x.dimension is undefined: give the number of coordinates of a point, or points as rows',
  ],
  [
    'rows of another dimension',
    pointsOf([[1, 2]], 3),
    'x.dimension is 3, but x.points[0] has 2 coordinates: leave dimension out',
  ],
  [
    'rows of two dimensions',
    pointsOf([[1, 2], [3]], 2),
    'x.points[1] has 1 coordinates, x.points[0] has 2: give all points the same dimension',
  ],
  [
    'more weights than rows',
    pointsOf([[1, 2]], undefined, [1, 1]),
    'x.weights has 2 numbers: give one for each of the 1 points',
  ],
  ['no points', pointsOf([], 2), 'x.points is empty: give one point or more'],
  ['half a point', pointsOf([1, 2, 3], 2), 'x.points has 3 numbers, not a multiple of its dimension 2: one is wrong'],
  ['text for points', pointsOf('1234', 2), 'x.points is no list of numbers: give a typed array or an array'],
  [
    'bytes that are no numbers yet',
    pointsOf(new DataView(new ArrayBuffer(8)), 2),
    'x.points is no list of numbers: give a typed array or an array',
  ],
  ['nothing among points', pointsOf([1, null], 2), 'x.points[1] is null: give numbers only'],

  ['a shape of one axis', shaped([1], [1]), 'x.shape is [1]: give [N, D], or [B, N, D] for a batch'],
  ['a shape of four axes', shaped([1], [1, 1, 1, 1]), 'x.shape is [1,1,1,1]: give [N, D], or [B, N, D] for a batch'],
  ['no shape', shaped([1], undefined), 'x.shape is [undefined]: give [N, D], or [B, N, D] for a batch'],
  ['an axis of length 0', shaped([], [2, 0, 1]), 'x.shape[1] is 0: every axis has a length of 1 or more'],
  ['an axis of half a length', shaped([1], [2, 0.5]), 'x.shape[1] is 0.5: every axis has a length of 1 or more'],
  ['too little data', shaped([1, 2, 3], [2, 2]), 'x.data has 3 numbers, but its shape [2,2] needs 4'],
  ['too much data', shaped([1, 2, 3], [1, 2, 1]), 'x.data has 3 numbers, but its shape [1,2,1] needs 2'],

  [
    'a coordinate that is no number',
    pointsOf([1, 2, 3, 4, Number.NaN, 6], 2),
    'x: coordinate 0 of point 2 is NaN: remove the point or replace the value',
  ],
  [
    'an infinite coordinate in a batch',
    shaped([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, Number.NEGATIVE_INFINITY], [2, 3, 2]),
    'x: coordinate 1 of element 1, point 2 is -Infinity: remove the point or replace the value',
  ],

  ['too few weights', pointsOf([1, 2], 1, [1]), 'x.weights has 1 numbers: give one for each of the 2 points'],
  [
    'weights of one element alone',
    shaped([1, 2, 3, 4], [2, 2, 1], [1, 1]),
    'x.weights has 2 numbers: give one for each of the 2 x 2 points',
  ],
  ['a negative weight', pointsOf([1, 2], 1, [1, -0.1]), 'x.weights[1] is -0.1: weights are finite and 0 or more'],
  [
    'a weight that is no number',
    pointsOf([1], 1, [Number.NaN]),
    'x.weights[0] is NaN: weights are finite and 0 or more',
  ],
  [
    'an infinite weight',
    pointsOf([1, 2], 1, [1, Number.POSITIVE_INFINITY]),
    'x.weights[1] is Infinity: weights are finite and 0 or more',
  ],
  ['text among weights', pointsOf([1, 2], 1, [1, '2']), "x.weights[1] is the text '2': give numbers only"],
  ['no mass', pointsOf([1, 2], 1, [0, 0]), 'x.weights are all 0: give one point or more some weight'],
  [
    'no mass in one element',
    shaped([1, 2, 3, 4], [2, 2, 1], [1, 1, 0, 0]),
    'x.weights are all 0 in element 1 of the batch: give one point or more some weight',
  ],
];

test.each(refused)('%s is refused', (_, measure, message) => {
  expect(() => checkMeasure('x', measure)).toThrow(new InvalidMeasureError(message));
});

test('an error names the measure as it is called', () => {
  expect(() => checkMeasure('target', [])).toThrow('target is empty');
});

test('weights of 0 are allowed beside others', () => {
  const { weights, masses } = checkMeasure('x', { points: [1, 2], dimension: 1, weights: [0, 3] });
  expect([...weights, ...masses]).toEqual([0, 3, 3]);
});

import { cpu } from '@sinkhorn/backend-cpu';
import { energyDistance, InvalidMeasureError, type Measure, sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';

const backend = cpu();
const good = [
  [0, 0],
  [1, 1],
];
const wrong = (value: unknown) => value as Measure;

const refused: [string, Measure, RegExp][] = [
  ['undefined', wrong(undefined), /x is undefined: give/],
  ['null', wrong(null), /x is null: give/],
  ['an empty list', [], /x is empty: give one point/],
  ['a flat list', wrong([1, 2, 3]), /x\[0\] is no point/],
  ['ragged rows', [[0, 0], [1]], /x\[1\] has 1 coordinates, x\[0\] has 2/],
  [
    'text in a row',
    wrong([
      [0, 0],
      [0, 'a'],
    ]),
    /x\[1\]\[1\] is the text 'a'/,
  ],
  [
    'NaN',
    [
      [0, 0],
      [0, Number.NaN],
    ],
    /coordinate 1 of point 1 is NaN/,
  ],
  ['infinity', { points: [0, Number.POSITIVE_INFINITY], dimension: 2 }, /coordinate 1 of point 0 is Infinity/],
  [
    'a dimension that does not divide',
    { points: [1, 2, 3], dimension: 2 },
    /3 numbers, not a multiple of its dimension 2/,
  ],
  ['a dimension of 0', { points: [1], dimension: 0 }, /x\.dimension is 0/],
  ['no points', { points: [], dimension: 2 }, /x\.points is empty/],
  ['a shape of one axis', { data: [1, 2], shape: [2] }, /x\.shape is \[2\]: give \[N, D\]/],
  ['a shape with an axis of 0', { data: [], shape: [0, 2] }, /x\.shape\[0\] is 0/],
  ['a shape that does not fit', { data: [1, 2, 3], shape: [2, 2] }, /3 numbers, but its shape \[2,2\] needs 4/],
  [
    'too few weights',
    { points: [0, 0, 1, 1], dimension: 2, weights: [1] },
    /x\.weights has 1 numbers: give one for each of the 2/,
  ],
  ['a negative weight', { points: [0, 0, 1, 1], dimension: 2, weights: [2, -1] }, /x\.weights\[1\] is -1/],
  ['a weight that is NaN', { points: [0, 0], dimension: 2, weights: [Number.NaN] }, /x\.weights\[0\] is NaN/],
  ['no mass', { points: [0, 0], dimension: 2, weights: [0] }, /x\.weights are all 0/],
  [
    'other masses',
    { points: [0, 0], dimension: 2, weights: [2] },
    /x has mass 2 and y has mass 1.*normalize: true.*reach/,
  ],
  ['another dimension', [[0, 0, 0]], /x has dimension 3 and y has dimension 2/],
  ['a batch against none', { data: [0, 0], shape: [1, 1, 2] }, /x is a batch of 1 and y is no batch/],
  ['NaN in a batch', { data: [0, 0, 0, Number.NaN], shape: [2, 1, 2] }, /coordinate 1 of element 1, point 0 is NaN/],
];

describe('a measure that cannot be used is refused, by argument, index and remedy', () => {
  const loss = sinkhornDivergence({ backend });

  test.each(refused)('%s', async (_name, measure, message) => {
    await expect(loss.value(measure, good)).rejects.toThrow(message);
    await expect(loss.value(measure, good)).rejects.toBeInstanceOf(InvalidMeasureError);
  });

  test('the second measure is called y', async () => {
    await expect(loss.value(good, [])).rejects.toThrow(/^y is empty/);
  });
});

describe('every form of a measure gives the same', () => {
  const flat = [0, 0, 1, 1, 2, 0.5];
  const rows = [
    [0, 0],
    [1, 1],
    [2, 0.5],
  ];
  const forms: [string, Measure][] = [
    ['rows', rows],
    ['points', { points: flat, dimension: 2 }],
    ['float64 points', { points: Float64Array.from(flat), dimension: 2 }],
    ['data', { data: flat, shape: [3, 2] }],
    ['float32 data', { data: Float32Array.from(flat), shape: [3, 2] }],
    ['data with weights', { data: flat, shape: [3, 2], weights: Float32Array.of(1, 1, 1).map((w) => w / 3) }],
  ];
  const other = [
    [0.5, 0.5],
    [3, 3],
  ];

  test.each(forms)('%s', async (_name, measure) => {
    for (const loss of [sinkhornDivergence({ backend }), energyDistance({ backend })]) {
      expect(await loss.value(measure, other)).toBeCloseTo(await loss.value(rows, other), 6);
    }
  });

  test('gradients in points come in the float width of the input', async () => {
    const loss = sinkhornDivergence({ backend });
    const single = { points: Float32Array.from(flat), dimension: 2 };
    const step = await loss.valueAndGradients(single, other, { wrt: 'both' });
    expect(step.x?.points).toBeInstanceOf(Float32Array);
    // Potentials are float64, whatever points are.
    expect(step.x?.weights).toBeInstanceOf(Float64Array);
    expect(step.y?.points).toBeInstanceOf(Float64Array);
  });

  test('a batch gives an array of values, each as if it were alone', async () => {
    const loss = sinkhornDivergence({ backend, tolerance: 1e-10 });
    const second = flat.map((value) => 2 * value + 1);
    const batch = { data: [...flat, ...second], shape: [2, 3, 2] as const };
    const target = { data: [...other.flat(), ...other.flat()], shape: [2, 2, 2] as const };
    const { value, x } = await loss.valueAndGradients(batch, target);
    expect(value).toBeInstanceOf(Float64Array);
    const alone = await loss.valueAndGradients({ points: second, dimension: 2 }, other);
    expect(value[0]).toBeCloseTo(await loss.value(rows, other), 9);
    expect(value[1]).toBeCloseTo(alone.value, 9);
    x?.points.subarray(6).forEach((entry, index) => {
      expect(entry).toBeCloseTo(alone.x?.points[index] ?? Number.NaN, 8);
    });
  });

  test('so is each element of a batch where masses are unequal', async () => {
    // One sweep at one temperature, so that a batch takes no more steps than its elements do.
    const loss = sinkhornDivergence({ backend, blur: 3, diameter: 3, reach: 2, debias: false, maxIterations: 1 });
    const weights = { x: [0.2, 0.3, 0.4, 1, 2, 3], y: [0.1, 0.4, 3, 1] };
    const x = { data: [...flat, ...flat], shape: [2, 3, 2] as const, weights: weights.x };
    const y = { data: [...other, ...other].flat(), shape: [2, 2, 2] as const, weights: weights.y };
    const batch = await loss.valueAndGradients(x, y, { wrt: 'both' });
    const errors: number[] = [];
    for (const k of [0, 1]) {
      const aloneX = { data: flat, shape: [3, 2] as const, weights: weights.x.slice(3 * k, 3 * k + 3) };
      const aloneY = { data: other.flat(), shape: [2, 2] as const, weights: weights.y.slice(2 * k, 2 * k + 2) };
      const alone = await loss.valueAndGradients(aloneX, aloneY, { wrt: 'both' });
      expect(batch.value[k]).toBeCloseTo(alone.value, 12);
      expect(batch.x.weights.slice(3 * k, 3 * k + 3)).toEqual(alone.x.weights);
      expect(batch.y.weights.slice(2 * k, 2 * k + 2)).toEqual(alone.y.weights);
      errors.push(alone.diagnostics.marginalError);
    }
    expect(batch.diagnostics.marginalError).toBe(Math.max(...errors));
  });
});

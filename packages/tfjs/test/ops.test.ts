import { cpu } from '@sinkhorn/backend-cpu';
import { type Backend, InvalidMeasureError, InvalidOptionError, UnsupportedError } from '@sinkhorn/losses';
import { energyDistance, modelLoss, sinkhornDivergence } from '@sinkhorn/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { CONVERGED, opsWith, spread } from './support/gradientTests.js';

const backend = cpu();
const x = tf.tensor2d(spread(12, 0), [6, 2]);
const y = tf.tensor2d(spread(10, 0.4), [5, 2]);
const batch = tf.tensor3d(spread(24, 0), [2, 6, 2]);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(opsWith(CONVERGED))('$title', ({ run }) => {
  test('gives a scalar, or one value an element of a batch', () => {
    expect(run(x, y, { backend }).shape).toEqual([]);
    const [first, second] = tf.unstack(batch);
    const values = run(batch, tf.stack([y, y]), { backend });
    expect(values.shape).toEqual([2]);
    const [one, two] = [first, second].map((cloud) => run(cloud, y, { backend }).dataSync()[0]);
    expect(values.dataSync()[0]).toBeCloseTo(one, 6);
    expect(values.dataSync()[1]).toBeCloseTo(two, 6);
  });

  test('leaves nothing behind in memory', () => {
    const step = () => tf.dispose(tf.valueAndGrad((cloud) => run(cloud, y, { backend }) as tf.Scalar)(x));
    step();
    const before = tf.memory();
    step();
    run(x, y, { backend }).dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });
});

test('with wrt, the other cloud counts as constant', () => {
  const onlyX = (a: tf.Tensor, b: tf.Tensor) => energyDistance(a, b, { backend, wrt: 'x' });
  expect(tf.grad((a) => onlyX(a, y))(x).shape).toEqual([6, 2]);
  expect(() => tf.grad((b) => onlyX(x, b))(y)).toThrow(/Cannot compute gradient/);
});

test('normalize divides weights by their sum, in the gradient too', () => {
  const counts = tf.tensor1d([3, 1, 4, 1, 5, 9]);
  const byTheOp = (a: tf.Tensor) => energyDistance(x, y, { backend, weights: { x: a }, normalize: true });
  const byTensors = (a: tf.Tensor) => energyDistance(x, y, { backend, weights: { x: tf.div(a, tf.sum(a)) } });
  expect(byTheOp(counts).dataSync()[0]).toBeCloseTo(byTensors(counts).dataSync()[0], 6);
  const [actual, expected] = [byTheOp, byTensors].map((value) => tf.grad(value)(counts).dataSync());
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3);
  actual.forEach((slope, index) => {
    expect(slope).toBeCloseTo(expected[index], 6);
  });
});

test('a gradient goes on to what clouds were computed from', () => {
  const shift = tf.variable(tf.tensor1d([0, 0]));
  const options = { backend, tolerance: 1e-5 };
  const { value, grads } = tf.variableGrads(() => sinkhornDivergence(tf.add(x, shift), y, options), [shift]);
  // The gradient in a shift is the difference of the means, whatever the blur.
  const expected = tf.sub(tf.mean(x, 0), tf.mean(y, 0)).dataSync();
  const gradient = Object.values(grads)[0].dataSync();
  expect(value.shape).toEqual([]);
  for (const axis of [0, 1]) expect(gradient[axis]).toBeCloseTo(expected[axis], 4);
});

test('makes no tensor of all pairs', async () => {
  const [a, b] = [0, 0.4].map((offset) => tf.tensor2d(spread(400, offset), [200, 2]));
  const { kernels } = await tf.profile(() => {
    tf.dispose(tf.grad((cloud) => sinkhornDivergence(cloud, b, { backend, blur: 0.2, tolerance: null }))(a));
  });
  const sizes = kernels.flatMap(({ outputShapes }) => outputShapes.map((shape) => tf.util.sizeFromShape(shape)));
  expect(Math.max(...sizes)).toBe(400);
});

test('tells how results were reached', () => {
  const heard: unknown[] = [];
  const options = { backend, onDiagnostics: (diagnostics: unknown) => void heard.push(diagnostics) };
  sinkhornDivergence(x, y, options);
  tf.grad((a) => sinkhornDivergence(a, y, options))(x);
  expect(heard).toHaveLength(2);
  for (const diagnostics of heard) expect(diagnostics).toMatchObject({ converged: true, backend: 'cpu' });
});

test('as the loss of a model, predictions are compared with targets, which stay constant', () => {
  const loss = modelLoss(energyDistance, { backend });
  expect(loss(y, x).dataSync()[0]).toBeCloseTo(energyDistance(x, y, { backend }).dataSync()[0], 6);
  expect(tf.grad((predictions) => loss(y, predictions) as tf.Scalar)(x).shape).toEqual([6, 2]);
  expect(() => tf.grad((targets) => loss(targets, x) as tf.Scalar)(y)).toThrow(/Cannot compute gradient/);
  expect(() => modelLoss(energyDistance, { backend, wrt: 'x' } as { backend: Backend })).toThrow(InvalidOptionError);
  expect(() => modelLoss(null as never as typeof energyDistance, { backend })).toThrow(
    /^op is of type object: give an op/,
  );
  expect(() => modelLoss(energyDistance, null as never)).toThrow(/^options is null/);
});

describe('bad input', () => {
  const unreadable = { ...backend, name: 'far', readSync: undefined };
  const cases: { title: string; run: () => unknown; kind: new (...args: never[]) => Error; says: RegExp }[] = [
    {
      title: 'no options',
      run: () => energyDistance(x, y, undefined as never),
      kind: InvalidOptionError,
      says: /energyDistance needs options/,
    },
    {
      title: 'no backend',
      run: () => energyDistance(x, y, {} as never),
      kind: InvalidOptionError,
      says: /energyDistance needs a backend/,
    },
    {
      title: 'an option that is not there',
      run: () => energyDistance(x, y, { backend, blurr: 1 } as never),
      kind: InvalidOptionError,
      says: /no option 'blurr'/,
    },
    {
      title: 'a side that is not there',
      run: () => energyDistance(x, y, { backend, wrt: 'z' as never }),
      kind: InvalidOptionError,
      says: /wrt is 'z'/,
    },
    {
      title: 'weights that are not by cloud',
      run: () => energyDistance(x, y, { backend, weights: y as never }),
      kind: InvalidOptionError,
      says: /weights are by cloud/,
    },
    {
      title: 'a listener that is none',
      run: () => energyDistance(x, y, { backend, onDiagnostics: 1 as never }),
      kind: InvalidOptionError,
      says: /onDiagnostics is a number/,
    },
    {
      title: 'numbers in place of a tensor',
      run: () => energyDistance([[0, 1]] as never, y, { backend }),
      kind: InvalidMeasureError,
      says: /x is no tensor: give tf.tensor2d/,
    },
    {
      title: 'a tensor of one axis',
      run: () => energyDistance(x, tf.tensor1d([1, 2]), { backend }),
      kind: InvalidMeasureError,
      says: /y has the shape \[2\]: give \[N, D\]/,
    },
    {
      title: 'whole numbers',
      run: () => energyDistance(tf.tensor2d([[1, 2]], undefined, 'int32'), y, { backend }),
      kind: InvalidMeasureError,
      says: /x has the type int32: tf.cast/,
    },
    {
      title: 'an empty cloud',
      run: () => energyDistance(tf.zeros([0, 2]), y, { backend }),
      kind: InvalidMeasureError,
      says: /x has the shape \[0,2\]: axis 0 is empty/,
    },
    {
      title: 'clouds so far apart that float32 does not hold the value',
      run: () => sinkhornDivergence(x, y.add(1e20), { backend, blur: 1e19 }),
      kind: InvalidMeasureError,
      says: /a result is \d\.\d+e\+\d+, and tensors hold float32, up to 3.4e38: divide coordinates/,
    },
    {
      title: 'a tensor that was disposed of',
      run: () => {
        const gone = tf.tensor2d([[1, 2]]);
        gone.dispose();
        return energyDistance(gone, y, { backend });
      },
      kind: InvalidMeasureError,
      says: /x is disposed of/,
    },
    {
      title: 'weights of another number',
      run: () => energyDistance(x, y, { backend, weights: { y: tf.tensor1d([1]) } }),
      kind: InvalidMeasureError,
      says: /weights.y has the shape \[1\]: give \[5\]/,
    },
    {
      title: 'a weight below 0',
      run: () => energyDistance(x, y, { backend, weights: { y: tf.tensor1d([1, 1, -1, 1, 1]) } }),
      kind: InvalidMeasureError,
      says: /y.weights\[2\] is -1/,
    },
    {
      title: 'a coordinate that is no number',
      run: () => energyDistance(x, tf.tensor2d([[0, Number.NaN]]), { backend }),
      kind: InvalidMeasureError,
      says: /y: coordinate 1 of point 0 is NaN/,
    },
    {
      title: 'clouds of two dimensions',
      run: () => energyDistance(x, tf.ones([5, 3]), { backend }),
      kind: InvalidMeasureError,
      says: /x has dimension 2 and y has dimension 3/,
    },
    {
      title: 'masses that differ',
      run: () => sinkhornDivergence(x, y, { backend, weights: { x: tf.ones([6]) } }),
      kind: InvalidMeasureError,
      says: /x has mass 6 and y has mass 1/,
    },
    {
      title: 'a backend that cannot be read without waiting',
      run: () => energyDistance(x, y, { backend: unreadable }),
      kind: UnsupportedError,
      says: /backend 'far' cannot be read without waiting.*await wasm\(\)/,
    },
  ];

  test.each(cases)('$title', ({ run, kind, says }) => {
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(() => void run())).toThrow(kind);
    expect(() => tf.tidy(() => void run())).toThrow(says);
    expect(tf.memory().numTensors).toBe(before);
  });
});

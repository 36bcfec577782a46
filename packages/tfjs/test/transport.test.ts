import { cpu } from '@sinkhorn/backend-cpu';
import {
  type Backend,
  sinkhornDivergence as divergence,
  InvalidMeasureError,
  InvalidOptionError,
  type Loss,
  UnsupportedError,
} from '@sinkhorn/losses';
import { exactTransport } from '@sinkhorn/losses/exact';
import { labelledDivergence as labelled } from '@sinkhorn/losses/labels';
import { transportOnLine } from '@sinkhorn/losses/line';
import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { op, sinkhornDivergence } from '@sinkhorn/tfjs';
import { gaussianTransport, labelledDivergence, matrixTransport } from '@sinkhorn/tfjs/transport';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { spread } from './support/gradientTests.js';

const backend = cpu();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The gradient of an op in one input against differences of its value. */
function expectSlopes(of: (input: tf.Tensor) => tf.Scalar, at: tf.Tensor, h = 1e-2, digits = 3): void {
  const slopes = tf
    .grad((input) => of(input))(at)
    .dataSync();
  const numbers = at.dataSync();
  for (let k = 0; k < numbers.length; k++) {
    const moved = (by: number) =>
      of(
        tf.tensor(
          numbers.map((value, j) => (j === k ? value + by : value)),
          at.shape,
        ),
      ).dataSync()[0];
    expect(slopes[k], `input ${k}`).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), digits);
  }
}

const plane = [tf.tensor2d(spread(12, 0), [6, 2]), tf.tensor2d(spread(10, 0.4), [5, 2])] as const;
const line = [tf.tensor2d(spread(6, 0), [6, 1]), tf.tensor2d(spread(5, 0.4), [5, 1])] as const;

describe.each<[string, Loss, readonly [tf.Tensor2D, tf.Tensor2D]]>([
  ['transportOnLine', transportOnLine({ p: 2 }), line],
  ['transportOnLine around a circle', transportOnLine({ p: 2, period: 3 }), line],
  ['slicedWasserstein', slicedWasserstein({ p: 2, directions: 12 }), plane],
  ['exactTransport', exactTransport({ p: 2 }), plane],
])('op(%s)', (_, loss, [x, y]) => {
  test('has the value and the gradients of the loss, in points and weights', () => {
    const run = op(loss);
    const weights = tf.tensor1d([1, 2, 3, 1, 2, 1].map((weight) => weight / 10));
    const measure = (points: tf.Tensor2D, of?: tf.Tensor) => ({
      data: points.dataSync(),
      shape: points.shape,
      weights: of?.dataSync(),
    });
    const wanted = loss.valueAndGradientsSync(measure(x, weights), measure(y), { wrt: 'x' });
    const { value, grads } = tf.valueAndGrads((points, of) => run(points, y, { weights: { x: of } }))([x, weights]);
    expect(value.dataSync()[0]).toBeCloseTo(wanted.value, 6);
    expect(Array.from(grads[0].dataSync())).toEqual(Array.from(wanted.x.points, Math.fround));
    expect(Array.from(grads[1].dataSync())).toEqual(Array.from(wanted.x.weights, Math.fround));
    // And on to what points were made of.
    const scaled = tf.grad((scale) => run(tf.mul(x, scale), y, { weights: { x: weights } }))(tf.scalar(1));
    const along = Array.from(wanted.x.points).reduce((sum, slope, k) => sum + slope * x.dataSync()[k], 0);
    expect(scaled.dataSync()[0]).toBeCloseTo(along, 5);
  });

  test('takes batches and says that there is no gradient of a gradient', () => {
    const run = op(loss);
    const batch = run<tf.Tensor1D>(tf.stack([x, x]), tf.stack([y, y]));
    expect(batch.shape).toEqual([2]);
    expect(batch.dataSync()[1]).toBeCloseTo(run(x, y).dataSync()[0], 6);
    const slope = (points: tf.Tensor) => tf.sum(tf.grad((at) => run(at, y))(points)) as tf.Scalar;
    expect(() => tf.grad(slope)(x)).toThrow(UnsupportedError);
  });
});

describe('options that few ask for', () => {
  const [x, y] = plane;
  test.each([
    ['a penalty', { penalty: { kind: 'tv', strength: 0.3 } }],
    ['one a side', { penalty: { x: { kind: 'kl', strength: 0.5 }, y: { kind: 'hellinger', strength: 0.4 } } }],
    ['a fixed mass', { penalty: { kind: 'partial', mass: 0.6 }, debias: false }],
    ['a distance', { root: true }],
    ['a blur by the median', { blur: { median: 0.3 } }],
  ] as const)('%s', (_, more) => {
    const options = { backend, blur: 0.3, tolerance: 1e-9, ...more };
    const { value } = divergence(options).solveSync(
      { data: x.dataSync(), shape: x.shape },
      { data: y.dataSync(), shape: y.shape },
    );
    expect(sinkhornDivergence(x, y, options).dataSync()[0]).toBeCloseTo(value, 6);
    // A blur by the data moves with them, which is not part of the gradient.
    if (!('blur' in more)) expectSlopes((points) => sinkhornDivergence(points, y, options), x);
  });
});

describe('matrixTransport', () => {
  const costs = tf.tensor2d(spread(12, 1).map(Math.abs), [4, 3]);
  const weights = { x: tf.tensor1d([0.1, 0.4, 0.3, 0.2]), y: tf.tensor1d([0.5, 0.2, 0.3]) };

  test('has the plan as its gradient in the costs, which goes on to what made them', () => {
    const options = { backend, blur: 0.3, tolerance: 1e-10 };
    const plan = tf.grad((cost) => matrixTransport(cost, { ...options, weights }))(costs) as tf.Tensor2D;
    tf.sum(plan, 1)
      .dataSync()
      .forEach((mass, i) => {
        expect(mass).toBeCloseTo(weights.x.dataSync()[i], 6);
      });
    expectSlopes((cost) => matrixTransport(cost, { ...options, weights }), costs);
    const scale = tf.scalar(1.5);
    const slope = tf
      .grad((s) => matrixTransport(tf.mul(costs, s), options))(scale)
      .dataSync()[0];
    const at = (s: number) => matrixTransport(tf.mul(costs, s), options).dataSync()[0];
    expect(slope).toBeCloseTo((at(1.51) - at(1.49)) / 0.02, 3);
  });

  test('has gradients in weights where their mass is free', () => {
    const options = { backend, blur: 0.3, penalty: { kind: 'kl', strength: 0.5 }, tolerance: 1e-10 } as const;
    expectSlopes((x) => matrixTransport(costs, { ...options, weights: { ...weights, x } }), weights.x);
    expectSlopes((y) => matrixTransport(costs, { ...options, weights: { ...weights, y } }), weights.y);
  });

  test('tells how it got there, leaves nothing behind, and refuses what cannot be', () => {
    const heard: boolean[] = [];
    matrixTransport(costs, { backend, onDiagnostics: ({ accurate }) => void heard.push(accurate) });
    expect(heard).toEqual([true]);
    const step = () => tf.dispose(tf.grad((cost) => matrixTransport(cost, { backend, weights }))(costs));
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => matrixTransport(tf.tensor1d([1, 2]), { backend })).toThrow(/costs has shape \[2\]/);
    expect(() => matrixTransport(costs, { backend, weights: { x: weights.y } })).toThrow(
      /weights\.x has shape \[3\]: give \[4\]/,
    );
    expect(() => matrixTransport(costs, { backend, blur: -1 })).toThrow(InvalidOptionError);
    expect(() => matrixTransport(null as never, { backend })).toThrow(/^costs is no tensor/);
    expect(() => matrixTransport(costs, null as never)).toThrow(/^matrixTransport needs options/);
    expect(() => matrixTransport(costs, {} as never)).toThrow(/^matrixTransport needs a backend/);
    expect(() => matrixTransport(costs, { backend, weights: 3 as never })).toThrow(/^weights are by cloud/);
    expect(() => matrixTransport(costs, { backend, weights: { x: [1] as never } })).toThrow(/^weights.x is no tensor/);
    expect(() => matrixTransport(costs, { backend, onDiagnostics: 3 as never })).toThrow(/^onDiagnostics is a number/);
    const unread = { ...backend, name: 'far', readSync: undefined } as unknown as Backend;
    expect(() => matrixTransport(costs, { backend: unread })).toThrow(/'far' cannot be read without waiting/);
    const twice = (cost: tf.Tensor) => tf.sum(tf.grad((at) => matrixTransport(at, { backend }))(cost)) as tf.Scalar;
    expect(() => tf.grad(twice)(costs)).toThrow(UnsupportedError);
  });
});

describe('gaussianTransport', () => {
  const x = { mean: tf.tensor1d([0, 1]), covariance: tf.tensor2d([2, 0.3, 0.3, 1], [2, 2]) };
  const y = { mean: tf.tensor1d([1, -1]), covariance: tf.tensor2d([1, -0.2, -0.2, 3], [2, 2]) };

  test.each([0, 0.7])('has gradients in means and covariances, blur %f', (blur) => {
    expectSlopes((mean) => gaussianTransport({ ...x, mean }, y, { blur }), x.mean);
    expectSlopes((mean) => gaussianTransport(x, { ...y, mean }, { blur }), y.mean);
    // Symmetric changes, as covariances have no others.
    const symmetric = (entries: tf.Tensor) =>
      tf.reshape(tf.gather(entries, tf.tensor1d([0, 1, 1, 2], 'int32')), [2, 2]);
    expectSlopes(
      (entries) => gaussianTransport({ ...x, covariance: symmetric(entries) }, y, { blur }),
      tf.tensor1d([2, 0.3, 1]),
    );
    expectSlopes(
      (entries) => gaussianTransport(x, { ...y, covariance: symmetric(entries) }, { blur }),
      tf.tensor1d([1, -0.2, 3]),
    );
  });

  test('refuses what is no Gaussian', () => {
    expect(() => gaussianTransport({ ...x, mean: x.covariance }, y)).toThrow(/x\.mean has shape \[2,2\]/);
    expect(() => gaussianTransport(x, { ...y, covariance: y.mean })).toThrow(
      /y\.covariance has shape \[2\]: give \[2, 2\]/,
    );
    expect(() => gaussianTransport(x, { ...y, covariance: tf.neg(y.covariance) })).toThrow(InvalidMeasureError);
    expect(() => gaussianTransport(x, y, { blur: -1 })).toThrow(InvalidOptionError);
    expect(() => gaussianTransport(null as never, y)).toThrow(/^x is null: give { mean, covariance }/);
    expect(() => gaussianTransport(x, { ...y, mean: [1, 2] as never })).toThrow(/^y.mean is no tensor/);
  });
});

describe('labelledDivergence', () => {
  const [x, y] = plane;
  const labels = { x: [0, 1, 2, 0, 1, 2], y: tf.tensor1d([2, 2, 0, 1, 0], 'int32') };
  const options = { backend, blur: 0.5, tolerance: 1e-9, labels, labelCost: 'hilbert' } as const;

  test('has the value of the loss, and tells how it was reached', () => {
    const told: string[] = [];
    const value = labelledDivergence(x, y, { ...options, onDiagnostics: ({ backend: on }) => told.push(on) });
    const [from, to] = [
      { points: x.dataSync(), dimension: 2, labels: labels.x },
      { points: y.dataSync(), dimension: 2, labels: [2, 2, 0, 1, 0] },
    ];
    const { labels: _, ...given } = options;
    expect(value.dataSync()[0]).toBeCloseTo(labelled(given).valueAndGradientsSync(from, to).value, 6);
    expect(told).toEqual(['cpu']);
  });

  // Costs that are given: those from classes move with the points, and gradients hold them fixed.
  test('has gradients in points of both sides and in weights', () => {
    const given = { ...options, labelCost: [0, 1, 0.5, 1, 0, 2, 0.5, 2, 0] };
    expectSlopes((points) => labelledDivergence(points as tf.Tensor2D, y, given), x);
    expectSlopes((points) => labelledDivergence(x, points as tf.Tensor2D, given), y);
    const weights = tf.tensor1d([1, 2, 3, 1, 2, 1]);
    // Of weights as shares: the mass stays.
    expectSlopes((of) => labelledDivergence(x, y, { ...given, normalize: true, weights: { x: of } }), weights, 5e-2, 2);
  });

  test('holds what has no gradient constant', () => {
    const run = (from: tf.Tensor, to: tf.Tensor) => labelledDivergence(from, to, { ...options, wrt: 'x' });
    expect(() => tf.grad((to) => run(x, to))(y)).toThrow(/./);
    expect(tf.grad((from) => run(from, y))(x).shape).toEqual([6, 2]);
  });

  test.each([
    ['no labels', { ...options, labels: undefined }, /labels are missing/],
    ['too few', { ...options, labels: { ...labels, x: [0, 1] } }, /x\.labels has 2 numbers/],
    ['half a label', { ...options, labels: { ...labels, x: [0, 1, 0.5, 0, 0, 0] } }, /x\.labels\[2\] is 0\.5/],
    ['no costs', { ...options, labelCost: undefined }, /labelCost is missing/],
    ['an unknown option', { ...options, labelCosts: 1 }, /labelCosts/],
  ])('refuses %s', (_, given, message) => {
    expect(() => labelledDivergence(x, y, given as never)).toThrow(message);
  });

  test('refuses batches', () => {
    const batch = tf.zeros<tf.Rank.R3>([2, 3, 2]);
    expect(() => labelledDivergence(batch, batch, options)).toThrow('x has the shape [2,3,2]: give [N, D]');
  });
});

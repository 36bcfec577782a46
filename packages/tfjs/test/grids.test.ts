/** Losses on grids as ops of tfjs. */
import { cpu } from '@sinkhorn/backend-cpu';
import {
  combine,
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { gridOp } from '@sinkhorn/tfjs/transport';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';

const backend = cpu();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Masses between 0.5 and 1.5, the same in every run. */
const masses = (shape: number[], seed: number) => {
  const count = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Array.from({ length: count }, (_, k) => 1 + 0.5 * Math.sin(seed + 7 * k)),
    shape,
  );
};

type Two = [number, number];
const normalize = true;
const tight = { backend, tolerance: 1e-10, normalize } as const;
const losses: [string, Loss][] = [
  ['sinkhornDivergence', sinkhornDivergence({ ...tight, blur: 0.8 })],
  ['manhattan', sinkhornDivergence({ ...tight, blur: 0.8, p: 1, metric: 'manhattan' })],
  ['not debiased', sinkhornDivergence({ ...tight, blur: 0.8, debias: false })],
  ['hausdorffDivergence', hausdorffDivergence({ ...tight, blur: 0.8 })],
  ['energyDistance', energyDistance({ backend, normalize })],
  ['gaussianMmd', gaussianMmd({ backend, normalize, blur: 1 })],
  [
    'combine',
    combine([
      { loss: sinkhornDivergence({ ...tight, blur: 0.8 }) },
      { loss: energyDistance({ backend, normalize }), weight: 2 },
    ]),
  ],
];

describe.each(losses)('gridOp(%s)', (_, loss) => {
  const [shape, other] = [
    [4, 3],
    [2, 5],
  ];
  const nodes: { spacing: Two; y: { spacing: Two; origin: Two } } = {
    spacing: [1, 0.7],
    y: { spacing: [1.2, 0.5], origin: [0.3, 0.1] },
  };

  test('has the value of the loss and its gradients in the masses of two different grids', () => {
    const [x, y] = [masses(shape, 1), masses(other, 2)];
    const run = gridOp(loss, nodes);
    const direct = loss.valueAndGradientsSync(
      { grid: x.dataSync<'float32'>(), shape: shape as Two, spacing: nodes.spacing },
      {
        grid: y.dataSync<'float32'>(),
        shape: other as Two,
        ...nodes.y,
      },
    );
    const { value, grads } = tf.valueAndGrads((a, b) => run(a, b))([x, y]);
    expect(value.dataSync()[0]).toBeCloseTo(direct.value as number, 5);
    expect(grads.map((gradient) => gradient.shape)).toEqual([shape, other]);
    grads.forEach((gradient, side) => {
      const at = [x, y][side].dataSync();
      const slopes = gradient.dataSync();
      for (const k of [0, 3, 7]) {
        const moved = (by: number) => {
          const changed = Float64Array.from(at, (mass, j) => (j === k ? mass + by : mass));
          const grid = (of: number) => ({
            grid: of === side ? changed : [x, y][of].dataSync<'float32'>(),
            shape: [shape, other][of] as Two,
            ...(of === 0 ? { spacing: nodes.spacing } : nodes.y),
          });
          return loss.valueSync(grid(0), grid(1)) as number;
        };
        expect(slopes[k]).toBeCloseTo((moved(1e-3) - moved(-1e-3)) / 2e-3, 3);
      }
    });
  });

  test('takes batches, one value each', () => {
    const [x, y] = [masses([2, ...shape], 1), masses([2, ...shape], 2)];
    const run = gridOp(loss, { spacing: [1, 0.7] });
    const each = [0, 1].map((k) => {
      const of = (all: tf.Tensor) => all.slice([k, 0, 0], [1, ...shape]).reshape(shape);
      return run(of(x), of(y)).dataSync()[0];
    });
    const together = run<tf.Tensor1D>(x, y);
    expect(together.shape).toEqual([2]);
    together.dataSync().forEach((value, k) => {
      expect(value).toBeCloseTo(each[k], 5);
    });
    expect(tf.grad((a) => run<tf.Tensor1D>(a, y, { wrt: 'x' }).sum())(x).shape).toEqual([2, ...shape]);
  });
});

test('an image is learned through a softmax', () => {
  const loss = gridOp(sinkhornDivergence({ backend, blur: 1 }), { spacing: [1] });
  const target = tf.softmax(tf.tensor1d([0, 0, 0, 3, 0]));
  const logits = tf.variable(tf.tensor1d([3, 0, 0, 0, 0]));
  const value = () => loss(tf.softmax(logits), target, { wrt: 'x' });
  const before = value().dataSync()[0];
  const optimizer = tf.train.adam(0.2);
  for (let step = 0; step < 25; step++) optimizer.minimize(() => value());
  expect(value().dataSync()[0]).toBeLessThan(0.05 * before);
});

describe('gridOp refuses', () => {
  const loss = sinkhornDivergence({ backend, blur: 1 });
  const two = masses([2, 2], 1);
  const run = gridOp(loss, { spacing: [1, 1] });

  test('what is no loss, and a spacing that is no list', () => {
    expect(() => gridOp({} as Loss, { spacing: [1] })).toThrow('loss is no loss');
    expect(() => gridOp(loss, { spacing: 1 as never })).toThrow('spacing is 1: give a list');
    expect(() => gridOp(loss, null as never)).toThrow(/^options of gridOp are null/);
    expect(() => gridOp(loss, { spacing: [1], space: 1 } as object as { spacing: number[] })).toThrow(
      /^space is no option of gridOp/,
    );
    expect(() => gridOp(loss, { spacing: [1], onInaccurate: 'shout' as never })).toThrow(/^onInaccurate is 'shout'/);
    const masses = tf.tensor1d([1, 2]);
    const onLine = gridOp(loss, { spacing: [1] });
    expect(() => onLine(masses, masses, { wrt: 'z' as never })).toThrow(/^wrt is 'z'/);
    expect(() => onLine(masses, masses, { onDiagnostics: 3 as never })).toThrow(/^onDiagnostics is a number/);
    expect(() => onLine(masses, masses, null as never)).toThrow(/^options of the op of a loss on grids are null/);
  });

  test('shapes that do not go with the spacings, by name', () => {
    expect(() => run(two, tf.ones([2]))).toThrow('y has the shape [2], and there are 2 spacings');
    expect(() => run(two, [1] as never)).toThrow('y is no tensor');
  });

  test('masses below 0 and masses that are no numbers, by the index along each axis', () => {
    expect(() =>
      run(
        tf.tensor2d([
          [1, 1],
          [Number.NaN, 1],
        ]),
        two,
      ),
    ).toThrow('x.grid[1, 0] is NaN');
    expect(() =>
      run(
        two,
        tf.tensor2d([
          [1, -1],
          [1, 1],
        ]),
      ),
    ).toThrow('y.grid[0, 1] is -1');
  });

  test('second derivatives', () => {
    const twice = tf.grad((x) =>
      tf
        .grad((a) => run(a, two))(x)
        .sum(),
    );
    expect(() => twice(two)).toThrow('cannot be differentiated as often');
  });
});

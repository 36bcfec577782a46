import type { Backend } from '@sinkhorn/losses';
import {
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  laplacianMmd,
  type OpOptions,
  sinkhornDivergence,
} from '@sinkhorn/tfjs';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';

/** An op with settings, to be run. */
export interface OpCase {
  readonly title: string;
  readonly run: (x: tf.Tensor, y: tf.Tensor, options: OpOptions & { backend: Backend }) => tf.Tensor;
}

interface TransportSettings {
  readonly blur: number;
  readonly tolerance: number | null;
  readonly diameter?: number;
  readonly scaling?: number;
}

/** Lengths that suit the clouds of the tests, and at which differences can be taken. */
export const CONVERGED = { blur: 1.2, tolerance: 1e-6 } as const;
export const SCHEDULE = { blur: 2.5, diameter: 8, scaling: 0.9, tolerance: null } as const;

/** Every op that runs with these settings of transport: those without a tolerance leave out the Hausdorff divergence. */
export function opsWith(settings: TransportSettings): readonly OpCase[] {
  const { blur, tolerance } = settings;
  const transport = (more: object): OpCase['run'] => {
    return (x, y, options) => sinkhornDivergence(x, y, { ...options, ...settings, ...more });
  };
  return [
    { title: 'sinkhornDivergence', run: transport({}) },
    { title: 'sinkhornDivergence, p = 1', run: transport({ p: 1 }) },
    { title: 'sinkhornDivergence, unbalanced', run: transport({ reach: 3 }) },
    { title: 'sinkhornDivergence, not debiased', run: transport({ debias: false }) },
    ...(tolerance === null
      ? []
      : [
          {
            title: 'hausdorffDivergence',
            run: ((x, y, options) => hausdorffDivergence(x, y, { ...options, blur, tolerance })) as OpCase['run'],
          },
        ]),
    { title: 'energyDistance', run: energyDistance },
    { title: 'gaussianMmd', run: (x, y, options) => gaussianMmd(x, y, { ...options, blur: 2 }) },
    { title: 'laplacianMmd', run: (x, y, options) => laplacianMmd(x, y, { ...options, blur: 2 }) },
  ];
}

/** Numbers without a pattern, the same in each run. */
export const spread = (count: number, offset: number): number[] =>
  Array.from({ length: count }, (_, k) => ((k + 1) * 0.618034 + offset) % 1);

/** Points of two clouds in the plane, 4 and 5 of them, none close to another: at such points distances have a kink. */
const CLOUDS = {
  x: (elements: number) => repeated(elements, [0, 0, 3, 1, 1, 3, 4, 4]),
  y: (elements: number) => repeated(elements, [1, 1, 4, 0, 2, 2.5, 0, 4, 3, 3]),
};

/** The same numbers for each element of a batch, a little larger from one to the next. */
const repeated = (elements: number, numbers: readonly number[]): number[] =>
  Array.from({ length: elements }, (_, element) => numbers.map((value) => value * (1 + 0.2 * element))).flat();

/** The largest difference between a gradient and central differences of float32 values, in parts of the largest gradient. */
const TOLERANCE = 4e-3;
/** Of coordinates and of weights: a tenth of the smallest weight is a long way for its logarithm. */
const STEPS = { points: 1e-2, weights: 2e-3 };

/** Holds the gradients of every op to central differences, on the tfjs backend that is in use. */
export function testGradients(backend: () => Backend, ops: readonly OpCase[]): void {
  for (const { title, run } of ops) {
    for (const batch of [[], [2]]) {
      const clouds = batch.length > 0 ? 'a batch' : 'two clouds';
      test(`${title}: gradients of ${clouds} are those of central differences`, async () => {
        const elements = batch[0] ?? 1;
        const [n, m, d] = [4, 5, 2];
        const inputs: readonly { values: number[]; shape: number[]; free: boolean }[] = [
          { values: CLOUDS.x(elements), shape: [...batch, n, d], free: true },
          { values: CLOUDS.y(elements), shape: [...batch, m, d], free: true },
          { values: Array(elements).fill([0.1, 0.2, 0.3, 0.4]).flat(), shape: [...batch, n], free: false },
          { values: Array(elements).fill([0.1, 0.15, 0.2, 0.25, 0.3]).flat(), shape: [...batch, m], free: false },
        ];
        // The elements of a batch with factors of their own: a gradient must not mix them up.
        const value = (...[x, y, a, b]: tf.Tensor[]): tf.Scalar => {
          const values = run(x, y, { backend: backend(), weights: { x: a, y: b } });
          return tf.sum(tf.mul(values, batch.length > 0 ? [1, 2] : 1));
        };
        const valueAt = async (numbers: readonly number[][]): Promise<number> => {
          const result = tf.tidy(() => value(...numbers.map((values, k) => tf.tensor(values, inputs[k].shape))));
          const [number] = await result.data();
          result.dispose();
          return number;
        };
        const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
        const gradients = tf.grads(value)(tensors);
        expect(gradients.map(({ shape }) => shape)).toEqual(inputs.map(({ shape }) => shape));
        for (const [k, { values, shape, free }] of inputs.entries()) {
          const gradient = await gradients[k].data();
          const size = Math.max(...gradient.map(Math.abs));
          const count = shape[shape.length - 1];
          const h = free ? STEPS.points : STEPS.weights;
          for (let index = 0; index < values.length; index++) {
            // Weights are moved from the first point of an element to another one: the mass stays the same.
            const from = free ? -1 : Math.floor(index / count) * count;
            if (index === from) continue;
            const moved = (step: number) =>
              valueAt(
                inputs.map((input, j) =>
                  j === k ? values.map((v, i) => (i === index ? v + step : i === from ? v - step : v)) : input.values,
                ),
              );
            const slope = ((await moved(h)) - (await moved(-h))) / (2 * h);
            const derived = gradient[index] - (free ? 0 : gradient[from]);
            const message = `input ${k}, number ${index}: ${slope} by differences, ${derived} by the op`;
            expect(Math.abs(slope - derived), message).toBeLessThan(TOLERANCE * size);
          }
        }
        tf.dispose([...tensors, ...gradients]);
      });
    }
  }
}

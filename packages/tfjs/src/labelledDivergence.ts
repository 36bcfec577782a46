import { InvalidMeasureError } from '@sinkhorn/losses';
import { type LabelledDivergenceOptions, labelledDivergence as loss } from '@sinkhorn/losses/labels';
import { readyAdvice, readyKeptCosts, readyRefinements, readySinkhorn } from '@sinkhorn/losses/ready';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { type Cloud, checkClouds, sidesOf, tensorsOf } from './clouds.js';
import { differentiable } from './differentiable.js';
import { checkReadable, tensorsLike } from './onHost.js';
import { type OpOptions, splitOptions } from './opOptions.js';
import { resultTensor } from './resultTensor.js';
import { tellsInaccurate } from './tellsInaccurate.js';

type Labels = Tensor | ArrayLike<number>;

/** The options of the loss, the labels of both clouds, and what every op takes. */
export interface LabelledOpOptions extends Omit<LabelledDivergenceOptions, 'parameters'>, OpOptions {
  /** [N] and [M], whole numbers from 0 on: numbers, or tensors of type int32. */
  readonly labels: { readonly x: Labels; readonly y: Labels };
}

/**
 * The Sinkhorn divergence of labelled points as an op of tfjs, with gradients in points and weights: the cost between points is
 * |x - y|^p / p plus that between their labels, which gradients hold fixed (Alvarez-Melis and Fusi 2020).
 *
 * `x` is [N, D] and `y` [M, D].
 *
 * @returns a scalar.
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for second derivatives, and for a
 * backend that cannot be read without waiting.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { labelledDivergence } from '@sinkhorn/tfjs/transport';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const options = { backend: cpu(), labels: { x: [0, 1], y: [1, 0] }, labelCost: [[0, 9], [9, 0]] };
 * const y = tf.tensor2d([[0], [1]]);
 * const gradient = tf.grad((x) => labelledDivergence(x, y, options))(tf.tensor2d([[0], [1]]));
 * // Each point is drawn to the one that has its label.
 * const [first, second] = gradient.dataSync();
 * if (Math.abs(first + 0.5) > 1e-3 || Math.abs(second - 0.5) > 1e-3) throw new Error('unexpected');
 * ```
 */
export function labelledDivergence(x: Tensor, y: Tensor, options: LabelledOpOptions): Scalar {
  const name = 'labelledDivergence';
  const { own, rest } = splitOptions(name, options);
  const { labels, ...others } = rest;
  if (typeof labels !== 'object' || labels === null) {
    throw new InvalidMeasureError('labels are missing: give { x, y }, one whole number for each point');
  }
  checkReadable(name, others.backend);
  // Ops cannot wait.
  readyAdvice();
  readyKeptCosts();
  readyRefinements();
  readySinkhorn();
  const made = loss(others);
  const clouds = checkClouds(x, y, own.weights);
  for (const [side, { rank, shape }] of [
    ['x', x],
    ['y', y],
  ] as const) {
    if (rank === 3)
      throw new InvalidMeasureError(`${side} has the shape [${shape}]: give [N, D]; labels have no batches`);
  }
  const sides = sidesOf(own.wrt);
  const measure = ({ points, weights }: Cloud, given: Labels) => ({
    points: points.dataSync<'float32'>(),
    dimension: points.shape[1] ?? 0,
    labels: isTensor(given) ? given.dataSync<'int32'>() : given,
    ...(weights && { weights: weights.dataSync<'float32'>() }),
  });
  const value = differentiable(name, tensorsOf(clouds, sides), (wanted) => {
    const pair = [measure(clouds.x, labels.x), measure(clouds.y, labels.y)] as const;
    const found = made.valueAndGradientsSync(...pair, { wrt: own.wrt });
    own.onDiagnostics?.(found.diagnostics);
    tellsInaccurate(name, options.onInaccurate)(found.diagnostics);
    return {
      value: resultTensor(found.value),
      gradients: wanted ? sides.flatMap((side) => tensorsLike(clouds[side], found[side])) : [],
    };
  });
  return value as Scalar;
}

const isTensor = (labels: Labels): labels is Tensor => typeof (labels as Tensor).dataSync === 'function';

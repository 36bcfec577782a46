import { InvalidOptionError } from '@sinkhorn/losses';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * An op as a loss for `model.compile({ loss })`: the distance from the predictions of a batch to its targets, as clouds.
 *
 * With outputs [batch, D] the predictions of a batch are one cloud, and so are the targets: which prediction goes with
 * which target does not count. Shuffle, and take batches of a hundred or more. With outputs [batch, N, D], as of a model
 * whose output is a set of N points, each example has a loss of its own, whatever the order of its points. Targets are
 * constants.
 *
 * @param options - those of the op, but for `weights` and `wrt`.
 * @throws InvalidOptionError for what is no op, and where `weights` or `wrt` are given.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { energyDistance, modelLoss } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const loss = modelLoss(energyDistance, { backend: cpu() });
 * const value = loss(tf.tensor2d([[0], [1]]), tf.tensor2d([[1], [0]])); // the same set
 * if (value.dataSync()[0] !== 0) throw new Error('unexpected');
 * ```
 */
export function modelLoss<Op extends (x: Tensor, y: Tensor, options: never) => Tensor>(
  op: Op,
  options: Omit<Parameters<Op>[2], 'weights' | 'wrt'>,
): (targets: Tensor, predictions: Tensor) => Tensor {
  if (typeof op !== 'function') {
    throw new InvalidOptionError(`op is of type ${typeof op}: give an op, such as sinkhornDivergence`);
  }
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(`options is ${options}: give those of the op, { backend } at least`);
  }
  for (const name of ['weights', 'wrt']) {
    if (name in options) throw new InvalidOptionError(`${name} is no option of a model's loss: leave it out`);
  }
  const forPredictions = { ...options, wrt: 'x' } as never;
  return (targets, predictions) => op(predictions, targets, forPredictions);
}

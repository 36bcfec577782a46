import { type Backend, InvalidOptionError, type Loss, type OnInaccurate } from '@sinkhorn/losses';
import { checkBackend } from '@sinkhorn/losses/extend';
import { readyHausdorff, readyKernelNorms, readyParameters, readySinkhorn, readySums } from '@sinkhorn/losses/ready';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { checkNames } from './checkOptions.js';
import { runLoss } from './op.js';
import { type OpOptions, splitOptions } from './opOptions.js';
import type { ParameterOptions } from './parameterTensors.js';
import { tellsInaccurate } from './tellsInaccurate.js';

/** What an op of a loss may be told beside the loss. */
export interface LossOpOptions {
  /** The backend that the loss was made for: needed on tfjs's webgpu alone, where nothing may be read. */
  readonly backend?: Backend;
  /** What to do where a value is not accurate. Default 'warn'. */
  readonly onInaccurate?: OnInaccurate;
}

/**
 * Any loss as a differentiable op of tfjs: sums of losses, losses a feature, kernels and losses of your own too. Gradients of gradients
 * are there for the losses whose solutions have `hessianVectorProduct`.
 *
 * The op takes `x`, [N, D] or [B, N, D], `y` likewise, and `{ weights, wrt, onDiagnostics, parameters }`; it gives a scalar, or [B]. Of a loss
 * with parameters those that are given as tensors have gradients, and gradients of gradients, too.
 *
 * @throws InvalidOptionError for what is no loss, and for options that there are not. The op throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy;
 *   UnsupportedError for second derivatives that are not there, and on tfjs's webgpu for a loss that has to read numbers on its way.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { combine, energyDistance, gaussianMmd } from '@sinkhorn/losses';
 * import { op } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const backend = cpu();
 * const sum = op(combine([{ loss: energyDistance({ backend }) }, { loss: gaussianMmd({ backend, blur: 1 }), weight: 2 }]));
 * const y = tf.tensor2d([[1]]);
 * const gradient = tf.grad((x) => sum(x, y))(tf.tensor2d([[0], [2]]));
 * if (Math.abs(gradient.dataSync()[0] + gradient.dataSync()[1]) > 1e-6) throw new Error('unexpected');
 * ```
 */
export function op(
  loss: Loss,
  options: LossOpOptions = {},
): <Value extends Tensor = Scalar>(x: Tensor, y: Tensor, options?: OpOptions & ParameterOptions) => Value {
  if (typeof loss?.solveSync !== 'function') {
    throw new InvalidOptionError('loss is no loss: give what sinkhornDivergence or another loss returned');
  }
  checkNames('op', options, ['backend', 'onInaccurate']);
  const { backend, onInaccurate } = options;
  if (backend !== undefined) checkBackend('op', backend);
  tellsInaccurate(loss.name, onInaccurate);
  // Ops cannot wait.
  readyHausdorff();
  readyKernelNorms();
  readyParameters();
  readySinkhorn();
  readySums();
  return (x, y, given = {}) => {
    checkNames('the op of a loss', given, ['weights', 'wrt', 'onDiagnostics', 'parameters']);
    const { own } = splitOptions(loss.name, given);
    return runLoss(loss.name, loss, x, y, backend, own, onInaccurate);
  };
}

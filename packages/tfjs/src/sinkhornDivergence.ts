import { type SinkhornDivergenceOptions as LossOptions, sinkhornDivergence as loss } from '@sinkhorn/losses';
import { readyAdvice, readyKeptCosts, readyRefinements, readySinkhorn } from '@sinkhorn/losses/ready';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { runOp } from './op.js';
import type { OpOptions } from './opOptions.js';
import type { ParameterOptions } from './parameterTensors.js';

/** The options of the loss, the weights of the clouds, and which gradients are wanted. */
export interface SinkhornDivergenceOptions extends Omit<LossOptions, 'parameters'>, OpOptions, ParameterOptions {}

/**
 * The Sinkhorn divergence S(a, b) = OT(a, b) - OT(a, a)/2 - OT(b, b)/2 + eps/2 (m_a - m_b)^2 as an op of tfjs (Feydy et
 * al. 2019, equation 3), with gradients in points and weights of both clouds.
 *
 * `x` is [N, D] and `y` [M, D], and the result a scalar; or [B, N, D] and [B, M, D], and the result is [B]. On tfjs's
 * cpu, wasm and webgl it runs on any `backend` that can be read without waiting, such as `wasm()`.
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for third derivatives.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const backend = cpu();
 * const y = tf.tensor2d([[3, 4]]);
 * const gradient = tf.grad((x) => sinkhornDivergence(x, y, { backend }))(tf.tensor2d([[0, 0]]));
 * if (gradient.dataSync().join() !== '-3,-4') throw new Error('unexpected');
 * ```
 */
export function sinkhornDivergence<Value extends Tensor = Scalar>(
  x: Tensor,
  y: Tensor,
  options: SinkhornDivergenceOptions,
): Value {
  // Ops cannot wait.
  readyAdvice();
  readyKeptCosts();
  readyRefinements();
  readySinkhorn();
  return runOp('sinkhornDivergence', loss, x, y, options);
}

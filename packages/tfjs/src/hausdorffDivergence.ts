import {
  type HausdorffDivergenceOptions as LossOptions,
  hausdorffDivergence as loss,
  UnsupportedError,
} from '@sinkhorn/losses';
import { readyHausdorff } from '@sinkhorn/losses/ready';
import { getBackend, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { runOp } from './op.js';
import type { OpOptions } from './opOptions.js';
import type { ParameterOptions } from './parameterTensors.js';

/** The options of the loss, the weights of the clouds, and which gradients are wanted. */
export interface HausdorffDivergenceOptions extends Omit<LossOptions, 'parameters'>, OpOptions, ParameterOptions {}

/**
 * The Hausdorff divergence H(a, b) = 1/2 <a - b, dF(a) - dF(b)>, a soft Chamfer distance, as an op of tfjs (Feydy et al.
 * 2019, section 3.2), with its exact gradients in points and weights of both clouds.
 *
 * Shapes as for `sinkhornDivergence`. Not on tfjs's webgpu, where nothing can be read on the way.
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for second derivatives.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { hausdorffDivergence } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const value = hausdorffDivergence(tf.tensor2d([[0, 0]]), tf.tensor2d([[3, 4]]), { backend: cpu(), p: 1 });
 * if (value.dataSync()[0] !== 5) throw new Error('unexpected');
 * ```
 */
export function hausdorffDivergence<Value extends Tensor = Scalar>(
  x: Tensor,
  y: Tensor,
  options: HausdorffDivergenceOptions,
): Value {
  if (getBackend() === 'webgpu') {
    throw new UnsupportedError(
      "hausdorffDivergence iterates to a tolerance, which has to be read, and on webgpu nothing can be read without waiting: tf.setBackend('webgl'), or take sinkhornDivergence with tolerance: null",
    );
  }
  // Ops cannot wait.
  readyHausdorff();
  return runOp('hausdorffDivergence', loss, x, y, options);
}

import {
  type BlurredMmdOptions as BlurredLossOptions,
  type EnergyDistanceOptions as EnergyLossOptions,
  energyDistance as energyLoss,
  gaussianMmd as gaussianLoss,
  laplacianMmd as laplacianLoss,
} from '@sinkhorn/losses';
import { readyKernelNorms } from '@sinkhorn/losses/ready';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { runOp } from './op.js';
import type { OpOptions } from './opOptions.js';

/** The options of the loss, the weights of the clouds, and which gradients are wanted. */
export interface EnergyDistanceOptions extends EnergyLossOptions, OpOptions {}

/** The options of the loss, the weights of the clouds, and which gradients are wanted. */
export interface BlurredMmdOptions extends BlurredLossOptions, OpOptions {}

/**
 * The energy distance, 1/2 ||a - b||^2 for the kernel -|x - y|, as an op of tfjs (Székely & Rizzo 2013), with gradients
 * in points and weights of both clouds. Shapes as for `sinkhornDivergence`.
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for third derivatives.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { energyDistance } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const value = energyDistance(tf.tensor2d([[0], [2]]), tf.tensor2d([[1]]), { backend: cpu() });
 * if (value.dataSync()[0] !== 0.5) throw new Error('unexpected');
 * ```
 */
export function energyDistance<Value extends Tensor = Scalar>(
  x: Tensor,
  y: Tensor,
  options: EnergyDistanceOptions,
): Value {
  return runKernelNorm('energyDistance', energyLoss, x, y, options);
}

/**
 * The squared maximum mean discrepancy 1/2 ||a - b||^2 for the kernel exp(-|x - y|^2 / 2 blur^2), as an op of tfjs
 * (Gretton et al. 2012), with gradients in points and weights of both clouds. Shapes as for `sinkhornDivergence`.
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for third derivatives.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { gaussianMmd } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const value = gaussianMmd(tf.tensor2d([[0]]), tf.tensor2d([[1]]), { backend: cpu(), blur: 1 });
 * if (Math.abs(value.dataSync()[0] - (1 - Math.exp(-0.5))) > 1e-6) throw new Error('unexpected');
 * ```
 */
export function gaussianMmd<Value extends Tensor = Scalar>(x: Tensor, y: Tensor, options: BlurredMmdOptions): Value {
  return runKernelNorm('gaussianMmd', gaussianLoss, x, y, options);
}

/**
 * The squared maximum mean discrepancy 1/2 ||a - b||^2 for the kernel exp(-|x - y| / blur), as an op of tfjs, with
 * gradients in points and weights of both clouds. Shapes as for `sinkhornDivergence`.
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for third derivatives.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { laplacianMmd } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const value = laplacianMmd(tf.tensor2d([[0]]), tf.tensor2d([[2]]), { backend: cpu(), blur: 2 });
 * if (Math.abs(value.dataSync()[0] - (1 - Math.exp(-1))) > 1e-6) throw new Error('unexpected');
 * ```
 */
export function laplacianMmd<Value extends Tensor = Scalar>(x: Tensor, y: Tensor, options: BlurredMmdOptions): Value {
  return runKernelNorm('laplacianMmd', laplacianLoss, x, y, options);
}

const runKernelNorm: typeof runOp = (...given) => {
  // Ops cannot wait.
  readyKernelNorms();
  return runOp(...given);
};

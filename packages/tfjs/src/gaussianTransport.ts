import { InvalidMeasureError } from '@sinkhorn/losses';
import { type GaussianGradient, gaussianTransport as transport } from '@sinkhorn/losses/gaussian';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from './checkTensor.js';
import { differentiable } from './differentiable.js';
import { resultTensor } from './resultTensor.js';

/** A normal distribution. */
export interface GaussianTensors {
  /** [D] */
  readonly mean: Tensor;
  /** [D, D], symmetric. */
  readonly covariance: Tensor;
}

export interface GaussianOpOptions {
  /** The length scale of the blur, with eps = blur^2. Default 0: exact transport. */
  readonly blur?: number;
}

/**
 * Transport between two normal distributions in closed form as an op of tfjs, with gradients in means and covariances: half of the squared
 * Bures-Wasserstein distance, or with a blur the Sinkhorn divergence. It runs on the host in float64.
 *
 * @returns a scalar.
 * @throws InvalidMeasureError for what is no Gaussian, InvalidOptionError for a blur below 0; UnsupportedError for second derivatives.
 *
 * @example
 * ```ts
 * import { gaussianTransport } from '@sinkhorn/tfjs/transport';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const unit = tf.eye(2);
 * const to = { mean: tf.tensor1d([3, 4]), covariance: unit };
 * const gradient = tf.grad((mean) => gaussianTransport({ mean, covariance: unit }, to))(tf.tensor1d([0, 0]));
 * if (gradient.dataSync().join() !== '-3,-4') throw new Error('unexpected');
 * ```
 */
export function gaussianTransport(x: GaussianTensors, y: GaussianTensors, options: GaussianOpOptions = {}): Scalar {
  const [from, to] = [rowsOf('x', x), rowsOf('y', y)];
  const inputs = [x.mean, x.covariance, y.mean, y.covariance];
  const value = differentiable('gaussianTransport', inputs, (wanted) => {
    const found = transport(from(), to(), options);
    const tensors = ({ mean, covariance }: GaussianGradient, { mean: { shape }, covariance: of }: GaussianTensors) => [
      resultTensor(mean, shape),
      resultTensor(covariance, of.shape),
    ];
    const { gradients } = wanted ? found : { gradients: undefined };
    return {
      value: resultTensor(found.value),
      gradients: gradients ? [...tensors(gradients.x, x), ...tensors(gradients.y, y)] : [],
    };
  });
  return value as Scalar;
}

/** Reads numbers when they are asked for, after the shapes were checked. */
function rowsOf(name: string, gaussian: GaussianTensors) {
  if (typeof gaussian !== 'object' || gaussian === null) {
    throw new InvalidMeasureError(`${name} is ${gaussian}: give { mean, covariance }, tensors both`);
  }
  const { mean, covariance } = gaussian;
  checkTensor(`${name}.mean`, mean);
  checkTensor(`${name}.covariance`, covariance);
  const [size] = mean.shape;
  if (mean.rank !== 1) throw new InvalidMeasureError(`${name}.mean has shape [${mean.shape}]: give [D]`);
  if (covariance.rank !== 2 || covariance.shape.some((length) => length !== size)) {
    throw new InvalidMeasureError(`${name}.covariance has shape [${covariance.shape}]: give [${size}, ${size}]`);
  }
  return () => {
    const entries = covariance.dataSync<'float32'>();
    const rows = Array.from({ length: size }, (_, i) => entries.subarray(i * size, (i + 1) * size));
    return { mean: mean.dataSync<'float32'>(), covariance: rows };
  };
}

import { InvalidMeasureError, InvalidOptionError } from '@sinkhorn/core';
import { barycenterOfGaussians, checkGaussian, type Gaussian, gaussianDivergence } from '@sinkhorn/core/gaussian';
import { blurOf, type GaussianTransportOptions } from './gaussianTransport.js';

export interface GaussianBarycenterOptions extends GaussianTransportOptions {
  /** One for each Gaussian, above 0; they are divided by their sum. Default: all alike. */
  readonly weights?: readonly number[];
  /** Steps at most. Default 1000. */
  readonly maxIterations?: number;
}

/** The barycenter of some Gaussians. */
export interface GaussianBarycenter {
  /** [D] */
  readonly mean: Float64Array;
  /** [D, D], row by row. */
  readonly covariance: Float64Array;
  /** The weighted sum of its divergences from them. */
  readonly value: number;
  /** How far the optimality condition is from being met: the largest entry of sum_k w_k M_k less that of the barycenter with itself. */
  readonly residual: number;
  /** Whether that is rounding. */
  readonly converged: boolean;
  readonly iterations: number;
}

/** Steps of the fixed point at most, unless the caller says. Raising it goes on for longer where steps are slow. Chosen. */
const DEFAULT_ITERATIONS = 1000;
/** What rounding may leave of the condition in some hundreds of coordinates. */
const ROUNDING = 1e-10;

/**
 * The Gaussian with the least weighted sum of transport costs, or with a blur of Sinkhorn divergences, from some Gaussians: the weighted
 * mean of means, and the fixed point of sum_k w_k M_k = M for the covariance (Álvarez-Esteban et al. 2016; Janati et al. 2020).
 *
 * @throws InvalidMeasureError for what is no Gaussian, or without a blur for covariances between which there is no map;
 * InvalidOptionError for weights that are not above 0.
 *
 * @example
 * ```ts
 * import { gaussianBarycenter } from '@sinkhorn/losses/gaussian';
 *
 * const narrow = { mean: [0], covariance: [1] };
 * const wide = { mean: [2], covariance: [9] };
 * const { mean, covariance } = gaussianBarycenter([narrow, wide]);
 * // On the line widths are averaged: (1 + 3) / 2.
 * if (mean[0] !== 1 || Math.abs(covariance[0] - 4) > 1e-12) throw new Error('unexpected');
 * ```
 */
export function gaussianBarycenter(
  gaussians: readonly Gaussian[],
  options: GaussianBarycenterOptions = {},
): GaussianBarycenter {
  const blur = blurOf('gaussianBarycenter', options, ['weights', 'maxIterations']);
  if (!Array.isArray(gaussians) || gaussians.length === 0) {
    throw new InvalidMeasureError('gaussians is no list of some: give one { mean, covariance } or more');
  }
  const { weights = gaussians.map(() => 1), maxIterations = DEFAULT_ITERATIONS } = options;
  if (weights.length !== gaussians.length) {
    throw new InvalidOptionError(
      `weights has ${weights.length} numbers: give one for each of the ${gaussians.length} Gaussians`,
    );
  }
  for (const [k, weight] of weights.entries()) {
    if (weight > 0 && weight < Number.POSITIVE_INFINITY) continue;
    throw new InvalidOptionError(`weights[${k}] is ${weight}: give finite numbers above 0`);
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new InvalidOptionError(`maxIterations is ${maxIterations}: give a whole number, 1 or more`);
  }
  const first = checkGaussian('gaussians[0]', gaussians[0]);
  const checked = gaussians.map((gaussian, k) => checkGaussian(`gaussians[${k}]`, gaussian, first.size));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const found = barycenterOfGaussians(checked, shares, blur, maxIterations);
  const centre = checkGaussian('barycenter', found);
  const value = checked.reduce((sum, each, k) => sum + shares[k] * gaussianDivergence(centre, each, blur).value, 0);
  return { ...found, value, converged: found.residual <= ROUNDING };
}

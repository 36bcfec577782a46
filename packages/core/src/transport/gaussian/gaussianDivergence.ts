import { identity, matrixFunction, product, symmetric, symmetricEigen } from '../../linear/symmetricEigen.js';
import { between, type CheckedGaussian, conditionalMap, dualTrace, NO_WIDTH } from './gaussian.js';

/** A divergence of two Gaussians in closed form. */
export interface GaussianDivergence {
  readonly value: number;
  /** [D, D]: x - m_a goes to M (x - m_a) on average. */
  readonly conditional: () => Float64Array;
  /** The same of the first Gaussian with itself. */
  readonly conditionalOfItself: () => Float64Array;
  /** In mean and covariance of the first one: symmetric matrices G with dS = sum_ij G_ij dA_ij. */
  readonly gradient: () => { readonly mean: Float64Array; readonly covariance: Float64Array };
}

/**
 * Without a blur W = |m_a - m_b|^2 / 2 + tr(A + B - 2 (A^(1/2) B A^(1/2))^(1/2)) / 2; with one the Sinkhorn divergence,
 * (|m_a - m_b|^2 + F_AB - F_AA / 2 - F_BB / 2) / 2 (Janati, Muzellec, Peyré, Cuturi 2020).
 */
export function gaussianDivergence(a: CheckedGaussian, b: CheckedGaussian, blur: number): GaussianDivergence {
  const { size } = a;
  const ofBoth = between(a, b);
  const squares = a.mean.reduce((sum, value, k) => sum + (value - b.mean[k]) ** 2, 0);
  const traces = dualTrace(ofBoth, blur) - dualTrace(between(a, a), blur) / 2 - dualTrace(between(b, b), blur) / 2;
  const conditional = () => conditionalMap(a, b, blur, ofBoth);
  const conditionalOfItself = () => (blur > 0 ? conditionalMap(a, a, blur) : identity(size));
  return {
    value: (squares + Math.max(0, traces)) / 2,
    conditional,
    conditionalOfItself,
    gradient() {
      const own = conditionalOfItself();
      return {
        mean: a.mean.map((value, k) => value - b.mean[k]),
        covariance: conditional().map((value, k) => (own[k] - value) / 2),
      };
    },
  };
}

/** A barycenter of Gaussians, which is one. */
export interface BarycenterOfGaussians {
  readonly mean: Float64Array;
  /** [D, D] */
  readonly covariance: Float64Array;
  /** The largest entry of sum_k w_k M_k - M, which is 0 at the optimum. */
  readonly residual: number;
  readonly iterations: number;
}

/** Entries of the residual are rounding below this. */
const TARGET = 1e-14;
/** It falls by some digits a step: nothing is gained where it does not fall for so many steps. */
const MOST_IDLE = 3;

/**
 * The Gaussian with the least sum of weighted divergences: the weighted mean of means, and the fixed point of A <- (I + G) A (I + G) with
 * G = sum_k w_k M_k - M_AA (Álvarez-Esteban et al. 2016 without a blur).
 */
export function barycenterOfGaussians(
  gaussians: readonly CheckedGaussian[],
  weights: readonly number[],
  blur: number,
  maxIterations: number,
): BarycenterOfGaussians {
  const { size } = gaussians[0];
  const sum = (of: (gaussian: CheckedGaussian) => Float64Array) => {
    const total = new Float64Array(of(gaussians[0]).length);
    gaussians.forEach((gaussian, k) => {
      for (const [i, value] of of(gaussian).entries()) total[i] += weights[k] * value;
    });
    return total;
  };
  const mean = sum((gaussian) => gaussian.mean);
  let covariance: Float64Array = sum((gaussian) => gaussian.covariance);
  let best = { covariance, residual: Number.POSITIVE_INFINITY };
  let idle = 0;
  for (let iterations = 1; ; iterations++) {
    const eigen = symmetricEigen(covariance, size);
    const root = matrixFunction(eigen, (value) => Math.sqrt(Math.max(0, value)));
    const current = { name: 'barycenter', size, mean, covariance, root, trace: 0 };
    const widest = Math.max(0, ...eigen.values);
    // Where all Gaussians have variance 0 along a direction, nothing moves along it.
    const isWide = (value: number) => value > NO_WIDTH ** 2 * widest;
    const own =
      blur > 0 ? conditionalMap(current, current, blur) : matrixFunction(eigen, (value) => (isWide(value) ? 1 : 0));
    const step = sum((gaussian) => conditionalMap(current, gaussian, blur)).map((value, k) => value - own[k]);
    const residual = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    idle = residual < best.residual ? 0 : idle + 1;
    if (residual < best.residual) best = { covariance, residual };
    if (residual <= TARGET || idle >= MOST_IDLE || iterations >= maxIterations) return { mean, ...best, iterations };
    const factor = identity(size).map((value, k) => value + step[k]);
    covariance = symmetric(product(product(factor, covariance, size), factor, size), size);
  }
}

import { InvalidMeasureError, InvalidOptionError } from '@sinkhorn/core';
import { checkGaussian, type Gaussian, gaussianDivergence } from '@sinkhorn/core/gaussian';
import { checkNames } from '../checkOptions.js';

export interface GaussianTransportOptions {
  /** The length scale of the blur, with eps = blur^2. Default 0: exact transport. */
  readonly blur?: number;
}

/** A gradient of the value. */
export interface GaussianGradient {
  /** [D] */
  readonly mean: Float64Array;
  /** [D, D], symmetric: the value changes by the sum of its entries times those of a change in the covariance. */
  readonly covariance: Float64Array;
}

/** Transport between two Gaussians, in closed form. */
export interface GaussianTransport {
  /** W = |x - y|^2 / 2 at the best plan, half of the squared Bures-Wasserstein distance; with a blur the Sinkhorn divergence. */
  readonly value: number;
  /** [D, D]: under the plan E[y | x] = m_y + M (x - m_x). Without a blur it is the map itself. */
  readonly conditionalMean: Float64Array;
  /** Where points of x go, flat, [N, D]: x less the gradient of the debiased potential; without a blur m_y + M (x - m_x). */
  map(points: ArrayLike<number>): Float64Array;
  readonly gradients: { readonly x: GaussianGradient; readonly y: GaussianGradient };
}

/**
 * Transport between two normal distributions for |x - y|^2 / 2: without a blur the distance of Bures and Wasserstein and its map, with
 * one the Sinkhorn divergence of all their mass, no sample of it (Janati, Muzellec, Peyré, Cuturi 2020). Costs a few eigenvalue problems of
 * D x D matrices, on the host in float64: meant for some hundreds of coordinates at most.
 *
 * Values are right to some 1e-14 of both traces, to 1e-8 where covariances are singular: those of Gaussians that are nearer are rounding.
 *
 * It is the linear part of transport: what maps one cloud's mean and covariance to another's.
 *
 * @throws InvalidMeasureError for what is no Gaussian: sizes that do not fit, a covariance that is not symmetric or has a negative
 * eigenvalue; and where the map is asked for without a blur, and x has no width where y has some. InvalidOptionError for a blur below 0.
 *
 * @example
 * ```ts
 * import { gaussianTransport } from '@sinkhorn/losses/gaussian';
 *
 * const x = { mean: [0, 0], covariance: [[1, 0], [0, 4]] };
 * const y = { mean: [3, 4], covariance: [[4, 0], [0, 4]] };
 * const { value, map } = gaussianTransport(x, y);
 * if (Math.abs(value - (25 + 1) / 2) > 1e-12) throw new Error('unexpected');
 * if (map([1, 1]).join() !== '5,5') throw new Error('unexpected');
 * ```
 */
export function gaussianTransport(x: Gaussian, y: Gaussian, options: GaussianTransportOptions = {}): GaussianTransport {
  const blur = blurOf('gaussianTransport', options);
  const from = checkGaussian('x', x);
  const to = checkGaussian('y', y, from.size);
  const { size } = from;
  const found = gaussianDivergence(from, to, blur);
  const back = () => gaussianDivergence(to, from, blur).gradient();
  return {
    value: found.value,
    get conditionalMean() {
      return found.conditional();
    },
    map(points) {
      if (points.length === 0 || points.length % size !== 0) {
        throw new InvalidMeasureError(`points has ${points.length} numbers: give ${size} for each point`);
      }
      const matrix = found.conditional();
      if (blur > 0) {
        const own = found.conditionalOfItself();
        for (let k = 0; k < matrix.length; k++) matrix[k] -= own[k];
      }
      return Float64Array.from(points, (value, index) => {
        const [first, i] = [index - (index % size), index % size];
        let moved = to.mean[i] + (blur > 0 ? value - from.mean[i] : 0);
        for (let j = 0; j < size; j++) moved += matrix[i * size + j] * (points[first + j] - from.mean[j]);
        return moved;
      });
    },
    get gradients() {
      return { x: found.gradient(), y: back() };
    },
  };
}

/** The blur, with its default. */
export function blurOf(name: string, options: GaussianTransportOptions, more: readonly string[] = []): number {
  checkNames(name, options, ['blur', ...more]);
  const { blur = 0 } = options;
  if (typeof blur === 'number' && blur >= 0 && blur < Number.POSITIVE_INFINITY) return blur;
  throw new InvalidOptionError(`blur is ${blur}: give a length, or 0 for exact transport`);
}

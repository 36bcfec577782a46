import { distance, type Expression, exp, mul, neg, parameter, squaredDistance } from '../formula/expression.js';

/** A positive kernel: a symmetric formula of two points. */
export type Kernel = (x: Expression, y: Expression) => Expression;

/** A kernel as a loss uses it. */
export interface MmdOptions {
  readonly kernel: Kernel;
  /** The blur, for kernels that read the parameter `inverseBlur`. */
  readonly blur?: number;
  /**
   * For kernels of x - y: how values grow when lengths do, as length^power with the blur growing along, so that
   * coordinates may be centred and scaled. Absent for a formula that must see the raw coordinates.
   */
  readonly scalingPower?: number;
  /**
   * The relative error that float32 may cause. Where it causes more, sums are taken in float64, on devices that have it. Default
   * 1e-3.
   */
  readonly accuracy?: number;
}

const scaled = (length: Expression): Expression => mul(parameter('inverseBlur'), length);

/** -|x - y|: the energy distance's kernel. */
export const energyKernel: Kernel = (x, y) => neg(distance(x, y));

/** exp(-|x - y|^2 / 2 blur^2), with blur as the parameter `inverseBlur`. */
export const gaussianKernel: Kernel = (x, y) => {
  const inverse = parameter('inverseBlur');
  return exp(mul(mul(-0.5, mul(inverse, inverse)), squaredDistance(x, y)));
};

/** exp(-|x - y| / blur), with blur as the parameter `inverseBlur`. */
export const laplacianKernel: Kernel = (x, y) => exp(neg(scaled(distance(x, y))));

import {
  add,
  type Expression,
  exp,
  mul,
  parameter,
  square,
  squaredDistance,
  sub,
  unary,
} from '../../formula/expression.js';
import { laplacianKernel } from '../kernel.js';

/** Blurs of one Gaussian over the one before it, so that the exponential of one is the square of the next one's. */
export const STEP = Math.SQRT2;
/** Gaussians of less weight are left out. */
const LEAST_WEIGHT = 1e-7;

/** One of the Gaussians whose sum is nearly the Laplacian kernel: its blur, in blurs of the kernel, and its weight. */
export interface Rung {
  readonly blur: number;
  readonly weight: number;
}

/**
 * The Gaussians from a blur on, in order: exp(-t) = sqrt(2 / pi) times the integral over all blurs s of exp(-s^2 / 2) exp(-t^2 / 2 s^2)
 * (Andrews and Mallows 1974), by the trapezoidal rule in log s, which is off by 1e-6 at this step.
 */
export function gaussianLadder(first: number): readonly Rung[] {
  const rungs: Rung[] = [];
  for (let blur = first; ; blur *= STEP) {
    const weight = Math.sqrt(2 / Math.PI) * Math.log(STEP) * blur * Math.exp((-blur * blur) / 2);
    if (blur > 1 && weight < LEAST_WEIGHT) return rungs;
    rungs.push({ blur, weight });
  }
}

/** What the Laplacian kernel has beyond the Gaussians of a ladder, at a distance in blurs. */
export const beyondLadder = (rungs: readonly Rung[], distance: number): number =>
  rungs.reduce(
    (rest, { blur, weight }) => rest - weight * Math.exp(-((distance / blur) ** 2) / 2),
    Math.exp(-distance),
  );

/** The same as a field of `kernelFields`: its value in the last component, and in the others its gradient over 1 / blur. */
export const fieldBeyondLadder =
  (rungs: readonly Rung[]) =>
  (x: Expression, y: Expression, last: Expression): Expression => {
    const squared = squaredDistance(x, y);
    const inverse = parameter('inverseBlur');
    const widest = rungs[rungs.length - 1];
    let gaussian: Expression = exp(mul(mul(-0.5 / widest.blur ** 2, square(inverse)), squared));
    let values: Expression = mul(widest.weight, gaussian);
    let slopes: Expression = mul(widest.weight / widest.blur ** 2, gaussian);
    for (const { blur, weight } of rungs.slice(0, -1).reverse()) {
      gaussian = square(gaussian);
      values = add(values, mul(weight, gaussian));
      slopes = add(slopes, mul(weight / blur ** 2, gaussian));
    }
    const laplacian = laplacianKernel(x, y);
    const slope = sub(mul(laplacian, unary('rsqrt', squared)), mul(inverse, slopes));
    return add(mul(slope, sub(y, x)), mul(sub(laplacian, values), last));
  };

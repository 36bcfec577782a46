import type { Backend } from '../../backend/backend.js';
import { norm } from '../../linear/norm.js';
import { diameter } from '../../measure/frame.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { FLOOR, relativeError, type SolveErrors } from '../../transport/errors.js';
import type { SinkhornOptions } from '../../transport/options.js';
import { LAST_DIGIT, ROUNDINGS } from '../../transport/rounding.js';
import { LARGEST_EXPONENT, SMALLEST_RESIDUAL } from './hausdorffGradient.js';

/** What is known of a Hausdorff divergence that was computed. */
export interface ComputedHausdorff {
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly values: Float64Array;
  /** The gradients of the sides that were wanted; and `steepness` of hausdorffGradient, [B, N]. */
  readonly gradients: { readonly [S in Side]?: { readonly points: Float64Array; readonly weights: Float64Array } };
  readonly steepness: { readonly [S in Side]?: Float64Array };
  /** How far the potentials may be from their solution, in units of the cost. */
  readonly missing: number;
  /** The largest mass that the potentials take from either measure. */
  readonly taken: number;
  readonly precision: Backend['precision'];
}

/** By how much the logarithm of a slope may be below the exponent that hausdorffGradient cuts off, for the slope to be taken as cut off. */
const BELOW_LARGEST = 10;

/**
 * Estimates of the errors of a Hausdorff divergence. Unlike those of transport, its potentials count at first order: what they lack, the
 * value lacks.
 */
export function hausdorffErrors({
  pair,
  options,
  values,
  gradients,
  steepness,
  missing,
  taken,
  precision,
}: ComputedHausdorff): SolveErrors {
  const { p, blur, homogeneous, reach } = options;
  const epsilon = blur ** p;
  const rho = reach.x ** p;
  const longest = diameter([pair.x, pair.y]);
  // The largest value of a formula of your own is not known: the temperature stands in for it.
  const costScale = homogeneous ? longest ** p / p : epsilon;
  const rounding = ROUNDINGS * LAST_DIGIT[precision] * (costScale + epsilon);
  const floor = FLOOR * costScale * Math.max(...pair.x.masses, ...pair.y.masses);
  const inPlan = (missing + rounding) / Math.min(epsilon, rho) + SMALLEST_RESIDUAL[precision];
  const steepest = homogeneous ? longest ** (p - 1) : 0;
  const steepestSlope = epsilon * Math.exp(LARGEST_EXPONENT - BELOW_LARGEST);
  let [gradient, weights] = [0, 0];
  for (const side of ['x', 'y'] as const) {
    const found = gradients[side];
    const steep = steepness[side];
    if (!found || !steep) continue;
    const size = norm(found.points);
    gradient = Math.max(
      gradient,
      relativeError(inPlan * norm(steep), size, FLOOR * norm(pair[side].weights) * steepest),
    );
    const count = Math.sqrt(found.weights.length);
    // Where there is no mass slopes grow as exp(f / eps) does, without bounds: what potentials lack they lack in proportion.
    const slopes = found.weights.filter((_, index) => pair[side].weights[index] === 0);
    const without = slopes.some((slope) => Math.abs(slope) > steepestSlope) ? Number.POSITIVE_INFINITY : norm(slopes);
    weights = Math.max(
      weights,
      relativeError(
        count * (missing + rounding) + epsilon * inPlan * count + 2 * inPlan * without,
        norm(found.weights),
        count * FLOOR * costScale,
      ),
    );
  }
  const value = 2 * taken * (missing + rounding);
  return { value: Math.max(...values.map((each) => relativeError(value, each, floor))), gradient, weights, floor };
}

import type { DeviceArray } from '../backend/backend.js';
import { abs, column, exp, min, mul, parameter, sub } from '../formula/expression.js';
import type { MarginalPenalty } from '../marginal/penalty.js';
import type { Side } from '../measure/side.js';
import type { TransportProblem } from './problem.js';

/** A potential after an update and before it. */
export interface Step {
  readonly after: DeviceArray;
  readonly before: DeviceArray;
}

/** What a marginal lacks at a point, a share of its mass: |exp((f - T g) / eps) - 1|, from what an update takes off the potential, on the host. */
export const lackOf = (change: number, epsilon: number): number => Math.abs(Math.expm1(change / epsilon));

/** An exponent beyond which an error is hopeless anyway, and below which exp stays finite in float32. */
const LARGEST_EXPONENT = 80;

const EXPONENT = min(mul(parameter('scale'), sub(column('after'), column('before'))), LARGEST_EXPONENT);
const ERROR = mul(column('share'), abs(sub(exp(EXPONENT), 1)));

/**
 * The L1 marginal error of one side, one number an element: sum_i a_i |exp((f_i - damp T g (x_i)) / eps) - 1| over
 * the mass, from an update: `scale` turns what it changed into the exponent.
 */
export function marginalError(
  { space, ...problem }: TransportProblem,
  side: Side,
  { after, before }: Step,
  scale: number,
): DeviceArray {
  return space.total(ERROR, { share: problem[side].normalizedWeights, after, before }, { scale });
}

/**
 * The temperature at which errors are judged: that of the problem, or less where costs (which `costScale` bounds) or
 * the marginal constraints vary on a finer scale, since the potentials must be right on theirs as well.
 */
export const errorTemperature = (epsilon: number, { scale }: MarginalPenalty, costScale: number): number =>
  Math.min(epsilon, scale, costScale > 0 ? costScale : epsilon);

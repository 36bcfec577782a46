import { diameter } from '../measure/frame.js';
import type { HostGradients } from '../measure/hostGradients.js';
import type { MeasurePair } from '../measure/pair.js';
import { strengths } from './context.js';
import { FLOOR, relativeError, type SolveErrors } from './errors.js';
import type { SinkhornOptions } from './options.js';

/** What is known of a problem that alternating updates have solved. */
export interface SweptProblem {
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly values: Float64Array;
  readonly gradients: HostGradients;
  /** The largest marginal error of the potentials, and how far they seem to be from their solution, where that is known. */
  readonly marginalError: number;
  readonly change?: number;
  /** What the values are off by, about, as the last update shows it: one number an element. */
  readonly squares: Float64Array;
  /** The precision of the last update. */
  readonly precision: 'float32' | 'float64';
  /** The diagonal of the bounding box. */
  readonly longest: number;
}

/** Where nothing else is known, potentials are taken to be so many marginal errors from their solution: at most 4 in "gradientError". */
const CHANGES_OF_ERROR = 8;
/** A value is taken to be off by so many times what the squares show. The quadratic term has 1/2; more is caution, and `pnpm fuzz` judges it. */
const VALUES_OF_SQUARES = 4;
/** The last digit of a number, relative to it, and how many of them the roundings of a pass come to. */
export const LAST_DIGIT = { float32: 2 ** -24, float64: 2 ** -53 };
/** How many of them the roundings of a pass come to. Raising it makes estimates safer and larger. Chosen; `pnpm fuzz` judges it. */
export const ROUNDINGS = 8;

/**
 * Estimates of the errors of a result of alternating updates, from how far its potentials seem to be from their solution. Values are
 * off by the square of that, gradients in proportion to it.
 */
export function sweepErrors({
  pair,
  options,
  values,
  gradients,
  marginalError,
  change = CHANGES_OF_ERROR * marginalError,
  squares,
  precision,
  longest,
}: SweptProblem): SolveErrors {
  const { p, blur, homogeneous } = options;
  const epsilon = blur ** p;
  const rho = strengths(options);
  const mass = Math.max(...pair.x.masses, ...pair.y.masses);
  // The largest value of a formula of your own is not known: the temperature stands in for it.
  const costScale = homogeneous ? longest ** p / p : epsilon;
  const finest = Math.min(epsilon, rho.x, rho.y, costScale);
  // A logarithm is rounded to its last digit, and then multiplied by the temperature.
  const rounding = ROUNDINGS * LAST_DIGIT[precision] * (costScale + epsilon);
  const floor = FLOOR * costScale * mass;
  // How many times larger than what an update shows is what potentials lack.
  const further = Math.max(1, marginalError > 0 ? change / marginalError : 1);
  const errorOf = (value: number, element: number): number =>
    relativeError(mass * rounding + VALUES_OF_SQUARES * further * squares[element], value, floor);
  const inPlan = change + rounding / finest;
  // Where mass may be created or destroyed, how much is depends on potentials too.
  const inMass = Math.min(rho.x, rho.y) < Number.POSITIVE_INFINITY ? change : 0;
  const spread = slopeSpread(pair, options, longest);
  const isBalanced = rho.x === Number.POSITIVE_INFINITY && rho.y === Number.POSITIVE_INFINITY;
  let [gradient, weights] = [0, 0];
  for (const side of ['x', 'y'] as const) {
    const found = gradients[side];
    if (!found) continue;
    const masses = norm(pair[side].weights);
    const size = norm(found.points);
    gradient = Math.max(
      gradient,
      relativeError(
        inPlan * (masses * spread || size) + inMass * size,
        size,
        FLOOR * masses * (longest > 0 ? costScale / longest : 0),
      ),
    );
    const count = Math.sqrt(found.weights.length);
    // What marginal errors are judged at: potentials are off by so much for each.
    const temperature = Math.min(epsilon, rho[side], p * costScale);
    weights = Math.max(
      weights,
      relativeError(
        count * (rounding + temperature * change),
        norm(isBalanced ? centred(found.weights) : found.weights),
        count * FLOOR * costScale,
      ),
    );
  }
  return { value: Math.max(...values.map(errorOf)), gradient, weights, floor };
}

/** How far the slopes of a row's pairs are from their mean: about a blur for |x - y|^2 / 2, up to 1 for |x - y|; 0 where it is not known. */
export function slopeSpread(
  { x, y }: MeasurePair,
  { p, blur, homogeneous }: SinkhornOptions,
  longest = diameter([x, y]),
): number {
  if (!homogeneous) return 0;
  return p === 1 ? 1 : Math.min(blur * Math.sqrt(x.dimension), longest);
}

/** Numbers less their mean. */
function centred(numbers: Float64Array): Float64Array {
  const mean = numbers.reduce((total, number) => total + number, 0) / numbers.length;
  return numbers.map((number) => number - mean);
}

export function norm(numbers: Float64Array): number {
  let total = 0;
  for (const number of numbers) total += number * number;
  return Math.sqrt(total);
}

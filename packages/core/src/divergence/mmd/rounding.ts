import type { Backend } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import type { MmdOptions } from '../../kernelSum/kernel.js';
import type { WeightedPoints } from '../../kernelSum/pairwise/kernelSums.js';
import type { HostGradient } from '../../measure/hostGradients.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';

/** A kernel norm, and what it was put together from. */
export interface MmdParts {
  /** [B] */
  readonly values: Float64Array;
  /** [B]: the size of the terms that a value is the sum of. */
  readonly sizes: Float64Array;
  /** [B, N]: half the sums over its own side; for x less those over the other one. */
  readonly terms: Readonly<Record<Side, Float64Array>>;
  /** [B, N]: the size of those. */
  readonly termSizes: Readonly<Record<Side, Float64Array>>;
  readonly gradients: { readonly [S in Side]?: HostGradient };
  /** [B, N, D]: the size of what gradients in points are the difference of. */
  readonly gradientSizes: { readonly [S in Side]?: Float64Array };
  /** [B, N]: the same of gradients in weights. */
  readonly weightSizes: { readonly [S in Side]?: Float64Array };
}

/** Half the distance from 1 to the next number. */
const ROUNDOFF = { float32: 2 ** -24, float64: 2 ** -53 } as const;
/**
 * Roundings of a term, in the formula and in the weights: each step of the library's kernels is off by a few. Raising it makes bounds
 * safer and larger. Chosen; `pnpm fuzz` judges it.
 */
const ROUNDINGS_OF_TERM = 8;
/**
 * Errors are relative to the value or gradient, or to so much of what it is the difference of, where that is more: nearer to 0 float64
 * has few digits left. Raising it calls more values accurate that have none.
 */
export const NORM_FLOOR = 1e-10;

/** The largest of some errors, of which none may be lost for being no number. */
export const worstOf = (errors: readonly number[]): number =>
  errors.reduce((worst, error) => (error <= worst ? worst : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error), 0);

/** The length of a vector. */
export const normOf = (vector: Float64Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));

export const over = (error: number, size: number): number => (error === 0 ? 0 : error / size);

/** The relative error that rounding leaves in values and gradients, the largest over the batch: a bound, from the size of what is added up. */
export function boundedError(
  { precision }: Backend,
  { x, y }: MeasurePair,
  { blur }: MmdOptions,
  { values, sizes, gradients, gradientSizes }: MmdParts,
  wrt: readonly Side[],
): number {
  const errors: number[] = [];
  values.forEach((value, k) => {
    const relative = roundingOf(precision, { x, y }, blur, sizes, k);
    errors.push(over(relative * sizes[k], Math.max(Math.abs(value), NORM_FLOOR * sizes[k])));
    for (const side of wrt) {
      const [gradient, size] = [gradients[side]?.points, gradientSizes[side]];
      if (!gradient || !size) continue;
      const length = gradient.length / values.length;
      const [norm, whole] = [gradient, size].map((all) => normOf(all.subarray(k * length, (k + 1) * length)));
      errors.push(over(relative * whole, Math.max(norm, NORM_FLOOR * whole)));
    }
  });
  return worstOf(errors);
}

/** What rounding leaves of a sum of an element, over the sum of the sizes of its terms. */
function roundingOf(
  precision: Backend['precision'],
  { x, y }: MeasurePair,
  blur: number | undefined,
  sizes: Float64Array,
  element: number,
): number {
  const roundings = ROUNDINGS_OF_TERM + Math.sqrt(x.count + y.count);
  // exp(-q) is off by q roundings as well, and with q = -log k the sum of k q is at most that of k, times the log of its mean.
  const mean = sizes[element] / (x.masses[element] + y.masses[element]) ** 2;
  const steepness = blur === undefined ? 1 : 1 + Math.max(0, -Math.log(mean));
  return ROUNDOFF[precision] * roundings * (Number.isFinite(steepness) ? steepness : 1);
}

/** The same bound of the gradients in the weights. They do not count for how accurate a result is, so that nobody measures them. */
export function boundedWeightsError(
  { precision }: Backend,
  pair: MeasurePair,
  { blur }: MmdOptions,
  { values, sizes, gradients, weightSizes }: MmdParts,
  wrt: readonly Side[],
): number {
  const errors: number[] = [];
  for (const side of wrt) {
    const [gradient, size] = [gradients[side]?.weights, weightSizes[side]];
    if (!gradient || !size) continue;
    for (let k = 0; k < values.length; k++) {
      const { count } = pair[side];
      const [norm, whole] = [gradient, size].map((all) => normOf(all.subarray(k * count, (k + 1) * count)));
      errors.push(over(roundingOf(precision, pair, blur, sizes, k) * whole, Math.max(norm, NORM_FLOOR * whole)));
    }
  }
  return worstOf(errors);
}

/** Measures the relative error of sums that were taken in float32, for points that are on the device. */
export type MeasureRounding = (
  space: Workspace,
  pair: MeasurePair,
  device: Readonly<Record<Side, WeightedPoints>>,
  parts: MmdParts,
  wrt: readonly Side[],
) => Task<number>;

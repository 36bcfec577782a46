import { InvalidOptionError } from '../errors.js';
import { evaluate } from '../formula/evaluate.js';
import { type Expression, row } from '../formula/expression.js';
import type { CheckedMeasure } from './measure.js';
import type { MeasurePair } from './pair.js';

/**
 * Points of each cloud that a formula is tried on: it is nearly always asymmetric at all pairs or at none. Raising it costs SAMPLES^2
 * evaluations. Chosen, not measured.
 */
const SAMPLES = 4;
/** How far two values of a formula may differ, relative, and still be roundings of one. Chosen, not measured. */
const TOLERANCE = 1e-9;

/** A formula of two points: a cost, a kernel. */
export type PairFormula = (x: Expression, y: Expression) => Expression;

/** A pair of points on which a formula gives different numbers in the two orders. */
interface Asymmetry {
  readonly forward: number;
  readonly backward: number;
}

/** A point of a cloud, and which one it is. */
export interface SampledPoint {
  readonly index: number;
  readonly point: Float32Array | Float64Array;
}

/** A few points of a cloud, or all of few: of the first element where there are several. */
export function sampled({ points, count, dimension }: CheckedMeasure): SampledPoint[] {
  const tried = Math.min(SAMPLES, count);
  return Array.from({ length: tried }, (_, k) => {
    const index = Math.floor((k * count) / tried);
    return { index, point: points.subarray(index * dimension, (index + 1) * dimension) };
  });
}

/** Tries a formula on a few pairs of points of both clouds, in both orders: a pair on which they differ, and its largest size. */
export function tryFormula(
  formula: PairFormula,
  { x, y }: MeasurePair,
): { readonly asymmetry?: Asymmetry; readonly largest: number } {
  const { dimension } = x;
  const value = formula(row('u', dimension), row('v', dimension));
  const samples = [x, y].flatMap((cloud) => sampled(cloud).map(({ point }) => point));
  const at = (u: ArrayLike<number>, v: ArrayLike<number>) =>
    evaluate(value, { variable: ({ name }) => (name === 'u' ? u : v) })[0];
  let asymmetry: Asymmetry | undefined;
  let largest = 0;
  for (const u of samples) {
    for (const v of samples) {
      const forward = at(u, v);
      const backward = at(v, u);
      largest = Math.max(largest, Math.abs(forward));
      if (Math.abs(forward - backward) > TOLERANCE * (Math.abs(forward) + Math.abs(backward)))
        asymmetry ??= { forward, backward };
    }
  }
  return { asymmetry, largest };
}

export const findAsymmetry = (formula: PairFormula, pair: MeasurePair): Asymmetry | undefined =>
  tryFormula(formula, pair).asymmetry;

/** Throws an InvalidOptionError when a formula that must be symmetric in its two points is seen not to be. */
export function checkSymmetric(option: string, formula: PairFormula, pair: MeasurePair, remedy: string): void {
  const found = findAsymmetry(formula, pair);
  if (!found) return;
  throw new InvalidOptionError(
    `${option} is not symmetric: it gives ${found.forward} for two of the points and ${found.backward} in the other order; ${remedy}`,
  );
}

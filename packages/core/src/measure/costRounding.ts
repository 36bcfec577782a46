import { evaluate } from '../formula/evaluate.js';
import { row } from '../formula/expression.js';
import type { MeasurePair } from './pair.js';
import { type PairFormula, sampled } from './symmetry.js';

/**
 * How far a formula of two points is from itself with coordinates in float32, on a few pairs: it may read places on the Earth, whose differences
 * then lose digits.
 */
export function costRounding(formula: PairFormula, { x, y }: MeasurePair): number {
  const value = formula(row('u', x.dimension), row('v', x.dimension));
  const samples = [x, y].flatMap((cloud) => sampled(cloud).map(({ point }) => point));
  const at = (u: ArrayLike<number>, v: ArrayLike<number>) =>
    evaluate(value, { variable: ({ name }) => (name === 'u' ? u : v) })[0];
  const rounded = samples.map((point) => Float32Array.from(point));
  let most = 0;
  samples.forEach((u, i) => {
    for (const [j, v] of samples.entries()) most = Math.max(most, Math.abs(at(u, v) - at(rounded[i], rounded[j])));
  });
  return most;
}

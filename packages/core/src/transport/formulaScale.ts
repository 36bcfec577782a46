import { derivative } from '../formula/derivative.js';
import { evaluate } from '../formula/evaluate.js';
import { row } from '../formula/expression.js';
import type { Cost } from '../geometry/cost.js';
import type { MeasurePair } from '../measure/pair.js';
import { samplesOf } from '../measure/symmetry.js';

/** Points of each cloud that costs are looked at. Raising it costs its square in evaluations, and misses fewer points far away. Chosen, not measured. */
const SAMPLES = 8;

/** The largest size of a cost and of its slope in the first point that a few pairs of points of both clouds show. */
export function formulaScale(cost: Cost, pair: MeasurePair): { readonly cost: number; readonly slope: number } {
  const point = row('u', pair.x.dimension);
  const value = cost(point, row('v', pair.x.dimension));
  const slopes = derivative(value, point);
  const samples = samplesOf(pair, SAMPLES);
  let [largest, steepest] = [0, 0];
  for (const u of samples) {
    for (const v of samples) {
      const bindings = { variable: ({ name }: { readonly name: string }) => (name === 'u' ? u : v) };
      largest = Math.max(largest, Math.abs(evaluate(value, bindings)[0]));
      steepest = Math.max(steepest, Math.hypot(...evaluate(slopes, bindings)));
    }
  }
  return { cost: largest, slope: steepest };
}

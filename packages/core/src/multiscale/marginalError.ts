import { other } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import type { MultiscaleProblem } from './problem.js';
import type { Resolution } from './resolutions.js';
import { sumOf } from './samples.js';
import type { StageIterates } from './schedule.js';
import { truncatedValues } from './truncatedSoftmin.js';

/** The largest L1 marginal error of iterates on their coresets: one more update shows what they lack. */
export function* marginalErrorOf(
  problem: MultiscaleProblem,
  { stage, cross, self }: StageIterates,
  epsilon: number,
): Task<number> {
  let largest = 0;
  for (const side of ['x', 'y'] as const) {
    const against = other(side);
    const own = self[side];
    const pairs: [Resolution, Float64Array, Float64Array][] = [[stage[against], cross[against], cross[side]]];
    if (own) pairs.push([stage[side], own, own]);
    for (const [columns, potential, iterate] of pairs) {
      const rho = problem.rho[side];
      const values = yield* truncatedValues(problem, side, stage[side], columns, potential, epsilon, rho);
      const { weights, count } = stage[side].coreset;
      const error = sumOf(count, (k) => weights[k] * Math.abs(Math.expm1((iterate[k] - values[k]) / epsilon)));
      largest = Math.max(largest, error / sumOf(count, (k) => weights[k]));
    }
  }
  return largest;
}

import { dispatchSoftmin, type PendingSoftmin, readValues } from '../../geometry/truncated/truncatedSoftmin.js';
import { other } from '../../measure/side.js';
import { sumOf } from '../../spatial/samples.js';
import type { Task } from '../../tasks/task.js';
import type { MultiscaleProblem } from './problem.js';
import type { LevelIterates } from './schedule.js';

/** The largest L1 marginal error of iterates on their coresets: one more update shows what they lack. */
export function* marginalErrorOf(
  problem: MultiscaleProblem,
  { levels, cross, self }: LevelIterates,
  epsilon: number,
): Task<number> {
  const updates: { readonly softmin: PendingSoftmin; readonly iterate: Float64Array }[] = [];
  for (const side of ['x', 'y'] as const) {
    const against = other(side);
    const own = self[side];
    const shared = { side, rows: levels[side], epsilon, rho: problem.rho[side], gradient: false };
    const crossed = { ...shared, columns: levels[against], potential: cross[against] };
    updates.push({ softmin: yield* dispatchSoftmin(problem, crossed), iterate: cross[side] });
    if (!own) continue;
    const alone = { ...shared, columns: levels[side], potential: own };
    updates.push({ softmin: yield* dispatchSoftmin(problem, alone), iterate: own });
  }
  let largest = 0;
  for (const { softmin, iterate } of updates) {
    const values = yield* readValues(problem, softmin);
    const { weights, count } = softmin.input.rows.coreset;
    const error = sumOf(count, (k) => weights[k] * Math.abs(Math.expm1((iterate[k] - values[k]) / epsilon)));
    largest = Math.max(largest, error / sumOf(count, (k) => weights[k]));
  }
  return largest;
}

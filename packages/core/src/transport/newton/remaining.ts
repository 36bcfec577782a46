import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { Task } from '../../tasks/task.js';
import type { HostProblem } from './hostProblem.js';
import type { PairList } from './pairList.js';
import { partLevels } from './partLevels.js';
import { type Defect, largestOf, type Settled, systemOf } from './settle.js';
import { heldBack, solveNewtonSystem } from './solveNewtonSystem.js';

/** What one more step of Newton's method would change. */
export interface Remaining {
  /** The dual value. */
  readonly value: number;
  /**
   * The potentials, by how much they differ among themselves, in temperatures. Infinity where parts of the measures exchange no mass:
   * nothing that has digits says how their potentials lie to each other then.
   */
  readonly potentials: number;
  /** f and g, in temperatures. */
  readonly f: Float64Array;
  readonly g: Float64Array;
}

/** What the next step would change, solved for to a tenth, by the plan of the last list. */
export function* remainingOf(
  problem: HostProblem,
  { list, plan, pass: listed }: Settled & { readonly list: PairList },
  defect: Defect,
  epsilon: number,
): Task<Remaining> {
  const system = systemOf(problem, list, plan, listed, defect, epsilon);
  const { solution } = yield* solveNewtonSystem(system, defect.missing, 0.1, true);
  let [least, largest, decrement] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let j = 0; j < solution.length; j++) {
    least = Math.min(least, solution[j]);
    largest = Math.max(largest, solution[j]);
    decrement += solution[j] * defect.missing[j];
  }
  // Where both marginals are met exactly, a translation of all potentials changes nothing.
  const isBalanced = problem.x.rho === Number.POSITIVE_INFINITY && problem.y.rho === Number.POSITIVE_INFINITY;
  const change = isBalanced ? largest - least : Math.max(largest, -least, largest - least);
  const levels = isBalanced ? partLevels(problem, list.pairs, plan, epsilon) : undefined;
  // Of levels of parts a solution that is held back shows little.
  const lacking = levels ? solution.map((value, j) => value + levels.shifts[j]) : solution;
  return {
    // Mass that soft modes hold back may be anywhere (Altschuler et al. 2017, lemma 7); penalties leave none.
    value:
      epsilon * (Math.abs(decrement) / 2 + (levels?.value ?? 0)) +
      (isBalanced ? (heldBack(system, solution) * problem.costScale) / 4 : 0),
    potentials: change + (levels ? levels.range + levels.open : 0),
    f: rowChanges(list, plan, listed.rowMass, lacking, damping(epsilon, problem.x.rho)),
    g: lacking,
  };
}

/**
 * What f = damp T g changes by with g: minus the mean of the columns' changes under the plan. Of a row whose mass is no number the most that such
 * a mean can be.
 */
function rowChanges(
  { pairs }: PairList,
  plan: Float64Array,
  rowMass: Float64Array,
  changes: Float64Array,
  damp: number,
): Float64Array {
  const most = largestOf(changes);
  return rowMass.map((mass, i) => {
    if (mass === 0) return damp * most;
    let total = 0;
    for (let k = pairs.begin(i); k < pairs.end(i); k++) total += plan[k] * changes[pairs.column[k]];
    return (-damp * total) / mass;
  });
}

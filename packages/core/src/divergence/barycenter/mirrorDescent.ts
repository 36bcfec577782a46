import { report, type Task } from '../../tasks/task.js';
import type { Beginning } from './janati.js';
import { mirrorStep } from './mirrorStep.js';
import { type Evaluation, evaluate } from './objective.js';
import type { BarycenterProblem } from './problem.js';

/** Where mirror descent ended. */
export interface Descent {
  readonly at: Evaluation;
  readonly evaluations: number;
  /** Whether it took a step that was worth it. */
  readonly hasMoved: boolean;
}

/** What inner problems are solved to, and when it is done. */
export interface Goal {
  innerFor(at?: Evaluation): number;
  isDone(at: Evaluation): boolean;
}

/** Mirror steps from masses, until it is done, or no step brings anything, or after so many evaluations. */
export function* mirrorDescent(
  problem: BarycenterProblem,
  { shares, starts }: Beginning,
  { innerFor, isDone }: Goal,
  most: number,
): Task<Descent> {
  let at = yield* evaluate(problem, shares, starts, innerFor());
  let best = at;
  let evaluations = 1;
  let length = 1;
  while (!isDone(best) && evaluations < most) {
    yield* report({ stage: 'barycenter', iteration: evaluations });
    const step = yield* mirrorStep(problem, at, length, innerFor(at), most - evaluations);
    evaluations += step.evaluations;
    length = step.length;
    if (!step.found) break;
    at = step.found;
    if (at.gap <= best.gap) best = at;
  }
  return { at: best, evaluations, hasMoved: best.shares !== shares };
}

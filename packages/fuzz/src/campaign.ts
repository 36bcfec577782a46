import { judge, type Verdict } from './judge.js';
import type { Result } from './result.js';
import type { Trial, Truth } from './trial.js';

/** A problem with what happened to it. */
export interface Case {
  readonly trial: Trial;
  readonly truth: Truth;
  /** Absent where the solver threw. */
  readonly result?: Result;
  readonly verdict?: Verdict;
  readonly message?: string;
}

/** Of a weight that was brought to the precision, and divided by a sum of them. */
const ROUNDINGS = { float32: 2 ** -23, float64: 2 ** -52 };

export type Solve = (trial: Trial) => Promise<Result>;

/** Solves a problem, and compares with the oracle. */
export async function examine(trial: Trial, solve: Solve, precision: 'float32' | 'float64'): Promise<Case> {
  let result: Result;
  try {
    result = await solve(trial);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { trial, truth: trial.truth(ROUNDINGS[precision]), message };
  }
  const truth = trial.truth(ROUNDINGS[result.precision ?? precision]);
  return { trial, truth, result, verdict: judge(trial.scales, result, truth, precision) };
}

/** Whether it shows a fault: every problem can be solved, so that to throw is one as well. */
export const isFault = ({ verdict }: Case): boolean => !verdict || verdict.outcome === 'wrong';

import { judge, type Verdict } from './judge.js';
import { type Answer, answer } from './oracle/oracle.js';
import type { Problem } from './problem.js';
import type { Result } from './result.js';

/** A problem with what became of it. */
export interface Case {
  readonly problem: Problem;
  readonly truth: Answer;
  /** Absent where the solver threw. */
  readonly result?: Result;
  readonly verdict?: Verdict;
  readonly message?: string;
}

/** Of a weight that was brought to the precision, and divided by a sum of them. */
const ROUNDINGS = { float32: 2 ** -23, float64: 2 ** -52 };

export type Solve = (problem: Problem) => Promise<Result>;

/** Solves a problem, and compares with the oracle. */
export async function examine(problem: Problem, solve: Solve, precision: 'float32' | 'float64'): Promise<Case> {
  const truth = answer({ ...problem, rounding: ROUNDINGS[precision] });
  let result: Result;
  try {
    result = await solve(problem);
  } catch (error) {
    return { problem, truth, message: error instanceof Error ? error.message : String(error) };
  }
  return { problem, truth, result, verdict: judge(problem, result, truth, precision) };
}

/** Whether it shows a fault: every problem can be solved, so that to throw is one as well. */
export const isFault = ({ verdict }: Case): boolean => !verdict || verdict.outcome === 'wrong';

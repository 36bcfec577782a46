import type { Backend } from '@sinkhorn/core';
import { tolerancesFor } from '../tolerances.js';
import { resultProblems, SIDES, solveProblem } from './problems.js';

/** The numbers of one problem, as plain lists: they travel as JSON without a change. */
export interface Result {
  readonly values: readonly number[];
  /** In points and weights of x, then of y; of second derivatives what these change by in a direction. */
  readonly gradients: readonly (readonly number[])[];
}

/** Results by the `id` of their problem. */
export type Results = Readonly<Record<string, Result>>;

/**
 * What core's solvers give on a backend for some 30 problems: every loss, with its options, at sizes and places that take ways
 * of their own. `describeResults` holds a backend to them, in a browser for example to those of Node.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { computeResults } from '@sinkhorn/conformance';
 *
 * const results = await computeResults(cpu());
 * if (!(results['single-points'].values[0] > 0)) throw new Error('unexpected');
 * ```
 */
export async function computeResults(backend: Backend): Promise<Results> {
  const results: Record<string, Result> = {};
  for (const problem of resultProblems) results[problem.id] = await resultOf(backend, problem);
  return results;
}

/** The result of one problem. */
export async function resultOf(backend: Backend, problem: (typeof resultProblems)[number]): Promise<Result> {
  // What is asked for is the same on every backend, and what float32 can give.
  const { values, gradients } = await solveProblem({ backend, tolerances: tolerancesFor('float32') }, problem);
  const lists = SIDES.flatMap((side) => [gradients[side]?.points ?? [], gradients[side]?.weights ?? []]);
  return { values: Array.from(values), gradients: lists.map((list) => Array.from(list)) };
}

import type { Task } from '../../tasks/task.js';
import { type Evaluation, evaluate } from './objective.js';
import type { BarycenterProblem } from './problem.js';

/** What happened to a step: where it went, or nothing where none was found, and the length to try next. */
export interface MirrorStep {
  readonly found?: Evaluation;
  readonly length: number;
  readonly evaluations: number;
}

/** The share of the first-order decrease that a step has to bring (Armijo 1966). Raising it takes shorter steps. Chosen, not measured. */
const SUFFICIENT = 0.1;
/** Steps shorter than this are none. */
const SHORTEST = 1e-8;
/** Shares below this have no logarithm: they may come back from there. */
const LEAST_SHARE = 1e-300;
/** And masses have none above this: a step to there is halved. */
const LARGEST_LOG = 700;
/** What an objective is rounded by, relative. */
const ROUNDING = 2 ** -48;

/**
 * A step of mirror descent, a <- a exp(-length (G - min G) / eps) over its sum, or a exp(-length G / eps) where mass is free (Nemirovski and
 * Yudin 1983), as long as it brings the decrease that its slope promises: halved until it does, doubled for the next time. Shares that have to vanish do so exponentially.
 */
export function* mirrorStep(
  problem: BarycenterProblem,
  from: Evaluation,
  firstLength: number,
  tolerance: number,
  most: number,
): Task<MirrorStep> {
  const isMet = problem.penalty.balanced;
  const least = isMet
    ? from.gradient.reduce((smallest, slope) => Math.min(smallest, slope), Number.POSITIVE_INFINITY)
    : 0;
  let length = firstLength;
  let evaluations = 0;
  while (evaluations < most && length > SHORTEST) {
    evaluations += 1;
    const shares = moved(from, least, length / problem.epsilon, isMet);
    const found = yield* evaluate(problem, shares, from.starts, tolerance);
    const slope = shares.reduce((sum, share, node) => sum + from.gradient[node] * (share - from.shares[node]), 0);
    if (found.value <= from.value + SUFFICIENT * slope + ROUNDING * Math.abs(from.value)) {
      return { found, length: 2 * length, evaluations };
    }
    length /= 2;
  }
  return { length, evaluations };
}

function moved({ shares, gradient }: Evaluation, least: number, rate: number, isMet: boolean): Float64Array {
  const logs = shares.map((share, node) => Math.log(Math.max(share, LEAST_SHARE)) - rate * (gradient[node] - least));
  if (!isMet) return logs.map((log) => Math.exp(Math.min(log, LARGEST_LOG)));
  const largest = logs.reduce((most, log) => Math.max(most, log), Number.NEGATIVE_INFINITY);
  const raw = logs.map((log) => Math.exp(log - largest));
  const total = raw.reduce((sum, share) => sum + share, 0);
  return raw.map((share) => share / total);
}

import { other } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { temperaturesIn } from '../context.js';
import type { SinkhornStart } from '../dualSolver.js';
import { annealedNewton, type NewtonResult } from './annealedNewton.js';
import { type ElementProblem, fromResult, type NewtonContext } from './elementProblem.js';
import type { HostProblem } from './hostProblem.js';
import { COMPLETE_PAIRS } from './listSizes.js';
import type { HostPoints } from './pairCosts.js';
import { allPairs } from './pairs.js';
import { rowPass } from './rowPass.js';
import { sampleStart } from './sampleStart.js';
import { defectOf } from './settle.js';

/**
 * Passes of a warm start at its first temperature: where they do not settle it, the solve starts cold. Raising it gives slow starts more
 * time, and costs that much where they are given up. Found by trial on 20 to 200 points, of 8, 12, 16 and 24; no benchmark holds it.
 */
const MOST_WARM_PASSES = 8;
/**
 * Updates on both sides at a wide blur: each leaves less than a tenth of the error there. Raising it costs passes over all pairs. Chosen,
 * not measured.
 */
const POLISHING_UPDATES = 4;
/**
 * The marginal error, a share of the mass, at which a warm start is taken up: at the lowest temperature that a bisection finds where it is
 * no larger. Raising it starts lower, where some starts settle slowly. Found by trial on 13 to 200 points, of 0.05 to 0.5; no benchmark
 * holds it.
 */
const USEFUL_START = 0.1;

/**
 * Pairs that are all kept where no list serves and sweeps have failed, as where some mass has to go to a far point, a number: 84 MB. Raising
 * it solves larger problems, in 4 microseconds a pair (2.3e6 pairs in 20 steps).
 */
const MOST_COMPLETE = 1 << 22;

/**
 * Solves the problem of x and y, annealed where there is no start.
 *
 * @returns undefined where nearly all pairs of many count, unless there is a start, which other ways have come to, and they are not too many.
 */
export function* solveCross(
  context: NewtonContext,
  one: ElementProblem,
  start: SinkhornStart,
): Task<NewtonResult | undefined> {
  const { options, longest, first } = context;
  const { problem, epsilon } = one;
  const second = other(first);
  const cold = (epsilons: readonly number[]) => fromNothing(context, one, epsilons, start.iterates !== undefined);
  const { epsilons } = temperaturesIn({ length: 1 }, options.diameter ?? longest, options);
  const warmStart = second === 'x' ? start.iterates?.f_ba : start.iterates?.g_ab;
  if (!warmStart) return yield* cold(epsilons);
  const g = fromResult(context, one, warmStart, second);
  const left = start.epsilons ?? [epsilon];
  const all = [...epsilons.filter((value) => value > left[0]), ...left];
  // Where points have moved further than the temperature sees, a higher one is returned to: the first in a bisection that is at ease.
  let [from, end, passes] = [all.length - left.length, all.length - left.length, 0];
  for (let low = 0; low <= end; from = (low + end) >> 1) {
    const pass = yield* rowPass({ problem, pairs: allPairs(problem), g, epsilon: all[from] });
    passes += 1;
    if (defectOf(problem, pass, g).marginalError > USEFUL_START) end = from - 1;
    else low = from + 1;
  }
  const stopping = { ...context, mostFirstPasses: MOST_WARM_PASSES };
  const result = end < 0 ? undefined : yield* annealedNewton(problem, all.slice(end), g, stopping);
  if (result && !result.isSlow) return { ...result, passes: result.passes + passes };
  const anew = yield* cold(all);
  return anew && { ...anew, passes: passes + (result?.passes ?? 0) + anew.passes };
}

/**
 * From nothing: of many points a sample goes through the high temperatures.
 *
 * @param hasFailed - Whether other ways to the potentials have failed.
 */
function* fromNothing(
  context: NewtonContext,
  { problem, sides, costsBetween }: ElementProblem,
  epsilons: readonly number[],
  hasFailed: boolean,
): Task<NewtonResult | undefined> {
  const { first } = context;
  const second = other(first);
  const { rows, columns } = problem.costs;
  if (rows * columns <= COMPLETE_PAIRS) {
    return yield* annealedNewton(problem, epsilons, new Float64Array(columns), context);
  }
  const sampled = {
    problem,
    rows: sides[first].supportPoints,
    columns: sides[second].supportPoints,
    costsBetween: (from: HostPoints, to: HostPoints) => costsBetween(from, to, first),
    costsBack: (from: HostPoints, to: HostPoints) => costsBetween(from, to, second),
  };
  const start = yield* sampleStart(sampled, epsilons, context);
  const found = start && (yield* annealedNewton(problem, epsilons.slice(start.first), start.g, context));
  if (found) return { ...found, passes: found.passes + Math.ceil(start.passes) };
  if (!hasFailed || rows * columns > MOST_COMPLETE) return undefined;
  const stopping = { ...context, completePairs: MOST_COMPLETE };
  return yield* annealedNewton(problem, epsilons, new Float64Array(columns), stopping);
}

/**
 * What columns receive has as many digits as its logarithm times the temperature loses: at a wide blur a few updates by softmins on
 * both sides give them back.
 */
export function* polished(
  { first }: NewtonContext,
  { problem, sides, epsilon, costsBetween }: ElementProblem,
  result: NewtonResult,
): Task<NewtonResult> {
  const second = other(first);
  const back: HostProblem = {
    costs: costsBetween(sides[second].supportPoints, sides[first].supportPoints, second),
    x: problem.y,
    y: problem.x,
    costScale: problem.costScale,
  };
  let { f, g } = result;
  for (let update = 0; update < POLISHING_UPDATES; update++) {
    g = (yield* rowPass({ problem: back, pairs: allPairs(back), g: f, epsilon })).f;
    f = (yield* rowPass({ problem, pairs: allPairs(problem), g, epsilon })).f;
  }
  return { ...result, f, g, passes: result.passes + 2 * POLISHING_UPDATES };
}

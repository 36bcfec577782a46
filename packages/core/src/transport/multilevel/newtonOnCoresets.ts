import { other, type Side } from '../../measure/side.js';
import { sumOf } from '../../spatial/samples.js';
import type { Task } from '../../tasks/task.js';
import { annealedNewton } from '../newton/annealedNewton.js';
import { type HostSide, hostSide } from '../newton/hostProblem.js';
import { pairCosts } from '../newton/pairCosts.js';
import type { CoresetConvergence, LevelPotentials } from './coresetConvergence.js';
import type { LevelPair, MultiscaleProblem } from './problem.js';

/** The marginal error that it goes on to, a share of the mass: in a tail next to no mass holds much of a gradient. Lowering it takes a step or none. */
const TARGET = 1e-9;
/** And one that serves as well, where it comes to no end. Raising it leaves more of what sweeps leave. */
const ENOUGH = 1e-6;
/** Steps at most. Raising it goes on longer where sweeps may do as well. */
const MOST_STEPS = 60;
/** Passes over pairs at most. As that. */
const MOST_PASSES = 400;

/**
 * Solves the problem of two coresets at the last temperature by Newton's method on the host: where parts of the measures hardly exchange mass sweeps
 * show as little of an error as they mend.
 *
 * @returns undefined where there are too many pairs that count, or it does not come to an end.
 */
export function* newtonOnCoresets(
  { clouds, cost, p, rho, costScale, epsilon }: MultiscaleProblem,
  levels: LevelPair,
  start: LevelPotentials,
  first: Side,
): Task<(CoresetConvergence & { readonly potentials: LevelPotentials }) | undefined> {
  const second = other(first);
  const [rows, columns] = [levels[first].coreset, levels[second].coreset];
  const isBalanced = rho.x === Number.POSITIVE_INFINITY && rho.y === Number.POSITIVE_INFINITY;
  const masses = [rows, columns].map(({ count, weights }) => sumOf(count, (k) => weights[k]));
  const sideOf = (side: Side, mass: number): HostSide => {
    const share = isBalanced ? mass : 1;
    return hostSide(
      levels[side].coreset.weights.map((weight) => weight / share),
      mass / share,
      rho[side],
    );
  };
  const { dimension } = clouds.x;
  const problem = {
    costs: pairCosts({ cost, power: p as 1 | 2 }, rows.points, columns.points, dimension, first === 'y'),
    x: sideOf(first, masses[0]),
    y: sideOf(second, masses[1]),
    costScale,
  };
  const stopping = { target: TARGET, maxIterations: MOST_STEPS, mostFirstPasses: MOST_PASSES };
  const found = yield* annealedNewton(problem, [epsilon], start[second], stopping);
  if (!found || !(found.marginalError <= ENOUGH)) return undefined;
  // In shares of the mass potentials are higher by this, together.
  const shift = isBalanced ? epsilon * Math.log(masses[0]) : 0;
  const f = found.f.map((value) => value - shift);
  const { marginalError, steps: iterations } = found;
  const potentials = first === 'x' ? { x: f, y: found.g } : { x: found.g, y: f };
  return { potentials, iterations, marginalError, converged: true, byNewton: true };
}

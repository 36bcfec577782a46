import type { DeviceArray } from '../backend/backend.js';
import type { Temperature } from '../geometry/temperature.js';
import { other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { type Convergence, converge, type Stopping } from './converge.js';
import type { Potentials } from './potentials.js';
import { selfProblem, type TransportProblem } from './problem.js';
import { chainsOf, runSchedule } from './schedule.js';
import { zeroPotential } from './selfPotential.js';
import { softmin } from './softmin.js';

/** The potentials at the end of an iteration, before the final full update. */
export interface Iterates {
  readonly cross: Potentials;
  /** Of each side with itself, where the divergence is debiased. */
  readonly self: { readonly [S in Side]?: DeviceArray };
}

/** GeomLoss's schedule on all pairs of points. */
export function* iterateSchedule(
  problem: TransportProblem,
  epsilons: readonly Temperature[],
  debias: boolean,
): Task<Iterates> {
  const { space } = problem;
  const chains = chainsOf(debias).map(({ rows, columns, partner }) => ({
    on: rows === columns ? selfProblem(problem, rows) : problem,
    side: rows,
    partner,
  }));
  const [x, y, selfX, selfY] = yield* runSchedule<DeviceArray, Temperature>(
    epsilons,
    {
      *first(epsilon) {
        const zeros = chains.map(({ on, side }) => zeroPotential(on, side));
        const potentials = chains.map(({ on, side, partner }) => softmin(on, side, zeros[partner], epsilon));
        space.release(...zeros);
        return potentials;
      },
      *next(before, epsilon) {
        const potentials = chains.map(({ on, side, partner }, k) =>
          softmin(on, side, before[partner], epsilon, { previous: before[k], factor: 1 / 2 }),
        );
        space.release(...before);
        return potentials;
      },
    },
    { backend: space.backend },
  );
  return { cross: { x, y }, self: debias ? { x: selfX, y: selfY } : {} };
}

/**
 * The relative marginal error that a temperature of the annealing is left with: one sweep is enough where it is easy; where it is hard,
 * what is left over at one temperature costs many times more at the next. Raising it saves sweeps there and costs more later. Found with
 * the benchmark "iterations to tolerance".
 */
export const ANNEALING_TOLERANCE = 0.03;
/** Sweeps of such a temperature at most; found likewise. */
export const ANNEALING_ITERATIONS = 60;

/**
 * Sweeps that show whether alternating updates are slow at a temperature, while there is another method to turn to. Where they are not,
 * annealing takes 2 to 6 of them, and the last temperature 5 to 20 ("iterations to tolerance").
 */
const PATIENCE = { annealing: 24, last: 32 };
/**
 * From so many pairs on, which the host no longer keeps, a pass there costs many sweeps, and patience at the last temperature grows with
 * the square root of their number. It does not at others: where mass has to go between clusters, what is left over there costs more later.
 */
const FEW_PAIRS = 1 << 18;
/** How many times patience grows at most. Raising it has very many pairs go on with slow sweeps. Chosen, not measured. */
const MOST_PATIENCE = 10;

/** The most sweeps at a temperature of the annealing, and at the last one, while there is another method to turn to. */
export type Patience = Readonly<Record<'annealing' | 'last', number>>;

/** The patience for some number of pairs. */
export function patienceFor(pairs: number): Patience {
  const factor = Math.min(MOST_PATIENCE, Math.max(1, Math.sqrt(pairs / FEW_PAIRS)));
  return { ...PATIENCE, last: factor * PATIENCE.last };
}

/** What an iteration through all temperatures came to. */
export interface IterationResult extends Convergence {
  /** The index of the temperature that was given up, as updates are slow there. */
  readonly slowAt?: number;
}

/**
 * Anneals from the first temperature, loosely at each, and then iterates at the last one to the tolerance. Potentials to start from
 * are those of the first temperature: of a warm start, which has the last one alone.
 *
 * @param patience - After how many sweeps to stop where updates turn out to be slow; never when absent.
 */
export function* iterateToTolerance(
  problem: TransportProblem,
  epsilons: readonly number[],
  start: Potentials | undefined,
  first: Side,
  stopping: Stopping,
  patience?: Patience,
): Task<IterationResult> {
  const { costScale, maxIterations, jumps } = stopping;
  let potentials = start ?? firstPotentials(problem, epsilons[0], first);
  for (const [index, epsilon] of epsilons.entries()) {
    const isLast = index === epsilons.length - 1;
    const most = isLast ? maxIterations : ANNEALING_ITERATIONS;
    const allowed = Math.min(most, Math.round(patience?.[isLast ? 'last' : 'annealing'] ?? most));
    const until = isLast
      ? { ...stopping, maxIterations: allowed, more: Math.min(allowed, most - allowed) }
      : { tolerance: ANNEALING_TOLERANCE, maxIterations: allowed, costScale, jumps };
    const found = yield* converge(problem, potentials, epsilon, first, until, isLast ? 'converging' : 'annealing');
    if (!found.converged && allowed < most) return { ...found, slowAt: index };
    if (isLast) return found;
    potentials = found.potentials;
  }
  throw new Error('there is no temperature to iterate at');
}

/** The potentials that the first update makes of zeros. */
export function firstPotentials(problem: TransportProblem, epsilon: number, first: Side): Potentials {
  const zero = zeroPotential(problem, other(first));
  const moved = softmin(problem, first, zero, epsilon);
  return first === 'x' ? { x: moved, y: zero } : { x: zero, y: moved };
}

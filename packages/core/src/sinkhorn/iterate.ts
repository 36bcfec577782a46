import type { DeviceArray } from '../backend/backend.js';
import type { Temperature } from '../geometry/temperature.js';
import { other, type Side } from '../measure/side.js';
import { report, type Task } from '../tasks/task.js';
import { type Convergence, converge, type Potentials, type Stopping } from './converge.js';
import { selfProblem, type TransportProblem } from './problem.js';
import { zeroPotential } from './selfPotential.js';
import { softmin } from './softmin.js';

/** The potentials at the end of an iteration, before the final full update. */
export interface Iterates {
  readonly cross: Potentials;
  /** Of each side with itself, where the divergence is debiased. */
  readonly self: { readonly [S in Side]?: DeviceArray };
}

/**
 * GeomLoss's schedule: from softmins of zero potentials, one averaged update of all potentials at each temperature.
 */
export function* iterateSchedule(
  problem: TransportProblem,
  epsilons: readonly Temperature[],
  debias: boolean,
): Task<Iterates> {
  const { space } = problem;
  const chains: [TransportProblem, Side][] = [
    [problem, 'x'],
    [problem, 'y'],
  ];
  if (debias) chains.push([selfProblem(problem, 'x'), 'x'], [selfProblem(problem, 'y'), 'y']);
  const partner = [1, 0, 2, 3];
  const zeros = chains.map(([chain, side]) => zeroPotential(chain, side));
  let potentials = chains.map(([chain, side], k) => softmin(chain, side, zeros[partner[k]], epsilons[0]));
  space.release(...zeros);
  for (const [index, epsilon] of epsilons.entries()) {
    const progress = { stage: 'annealing', iteration: index + 1, share: index / epsilons.length };
    yield* report(typeof epsilon === 'number' ? { ...progress, epsilon } : progress, space.backend);
    const before = potentials;
    potentials = chains.map(([chain, side], k) =>
      softmin(chain, side, before[partner[k]], epsilon, { previous: before[k], factor: 1 / 2 }),
    );
    space.release(...before);
  }
  const [x, y, selfX, selfY] = potentials;
  return { cross: { x, y }, self: debias ? { x: selfX, y: selfY } : {} };
}

/**
 * How far each temperature of the annealing is taken: one sweep is enough where it is easy; where it is hard, what is
 * left over at one temperature costs many times more at the next. Found with the benchmark "iterations to tolerance".
 */
export const ANNEALING_TOLERANCE = 0.03;
export const ANNEALING_ITERATIONS = 60;

/**
 * Sweeps that show whether alternating updates are slow at a temperature, while there is another method to turn to. Where they are not,
 * annealing takes 2 to 6 of them, and the last temperature 5 to 20 ("iterations to tolerance").
 */
const PATIENCE = { annealing: 24, last: 60 };

/** What an iteration through all temperatures came to. */
export interface IterationResult extends Convergence {
  /** The index of the temperature that was given up, as updates are slow there. */
  readonly slowAt?: number;
}

/**
 * Anneals from the first temperature, loosely at each, and then iterates at the last one to the tolerance. Potentials to start from
 * are those of the first temperature: of a warm start, which has the last one alone.
 *
 * @param isImpatient - Whether to stop where updates turn out to be slow,
 * @param patientUntil - but not at so many temperatures at first.
 */
export function* iterateToTolerance(
  problem: TransportProblem,
  epsilons: readonly number[],
  start: Potentials | undefined,
  first: Side,
  stopping: Stopping,
  isImpatient = false,
  patientUntil = 0,
): Task<IterationResult> {
  const { costScale, maxIterations } = stopping;
  let potentials = start ?? firstPotentials(problem, epsilons[0], first);
  for (const [index, epsilon] of epsilons.entries()) {
    const isLast = index === epsilons.length - 1;
    const most = isLast ? maxIterations : ANNEALING_ITERATIONS;
    const patience =
      isImpatient && index >= patientUntil ? Math.min(most, isLast ? PATIENCE.last : PATIENCE.annealing) : most;
    const wanted = isLast
      ? { ...stopping, maxIterations: patience }
      : { tolerance: ANNEALING_TOLERANCE, maxIterations: patience, costScale };
    const found = yield* converge(problem, potentials, epsilon, first, wanted, isLast ? 'converging' : 'annealing');
    if (!found.converged && patience < most) return { ...found, slowAt: index };
    if (isLast) return found;
    potentials = found.potentials;
  }
  throw new Error('there is no temperature to iterate at');
}

/** The potentials that the first update makes of zeros. */
function firstPotentials(problem: TransportProblem, epsilon: number, first: Side): Potentials {
  const zero = zeroPotential(problem, other(first));
  const moved = softmin(problem, first, zero, epsilon);
  return first === 'x' ? { x: moved, y: zero } : { x: zero, y: moved };
}

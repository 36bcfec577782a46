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
    const progress = { stage: 'annealing', iteration: index + 1 };
    yield* report({ ...progress, epsilon: typeof epsilon === 'number' ? epsilon : Number.NaN }, space.backend);
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
 * Anneals, loosely at each temperature, and then iterates at the last one to the tolerance. Given potentials to start
 * from, there is nothing to anneal.
 */
export function* iterateToTolerance(
  problem: TransportProblem,
  epsilons: readonly number[],
  start: Potentials | undefined,
  first: Side,
  stopping: Stopping,
): Task<Convergence> {
  const last = epsilons[epsilons.length - 1];
  return yield* converge(problem, start ?? (yield* anneal(problem, epsilons, first, stopping)), last, first, stopping);
}

function* anneal(
  problem: TransportProblem,
  epsilons: readonly number[],
  first: Side,
  { costScale }: Stopping,
): Task<Potentials> {
  const second = other(first);
  const zero = zeroPotential(problem, second);
  const moved = softmin(problem, first, zero, epsilons[0]);
  let potentials: Potentials = first === 'x' ? { x: moved, y: zero } : { x: zero, y: moved };
  for (const epsilon of epsilons.slice(0, -1)) {
    const loose = { tolerance: ANNEALING_TOLERANCE, maxIterations: ANNEALING_ITERATIONS, costScale };
    ({ potentials } = yield* converge(problem, potentials, epsilon, first, loose, 'annealing'));
  }
  return potentials;
}

import type { DeviceArray } from '../backend/backend.js';
import { mul, row } from '../formula/expression.js';
import type { Side } from '../measure/side.js';
import { read, report, type Task } from '../tasks/task.js';
import type { Stopping } from './converge.js';
import { errorTemperature, marginalError } from './marginalError.js';
import type { TransportProblem } from './problem.js';
import { selfSlowness } from './selfSlowness.js';
import { softmin } from './softmin.js';

/** A potential of 0 at every point of a side. */
export function zeroPotential({ space, ...problem }: TransportProblem, side: Side): DeviceArray {
  return space.map(mul(0, row('weight')), { weight: problem[side].weights });
}

/** The potential of a measure with itself, and how it was reached. */
export interface SelfConvergence {
  readonly potential: DeviceArray;
  readonly iterations: number;
  readonly marginalError: number;
  /** How many times further than what an update changes it may be from its solution, as its last updates tell; 1 where there were none. */
  readonly further?: number;
  readonly converged: boolean;
}

/**
 * The update's eigenvalues lie in [-1, 0] around the fixed point: averaging with weight 2/3 leaves at most 1/3 of any
 * error, weight 1/2 up to one half. Far from the fixed point 1/2 is the safer one.
 */
const FIRST_FACTOR = 1 / 2;
const FACTOR = 2 / 3;
/**
 * Iterations with the safer factor. Raising it is slower and safer: each leaves half of the error where the other factor leaves a third.
 * Chosen, not measured.
 */
const FIRST_ITERATIONS = 2;
/**
 * Of an accuracy, the marginal error that is left of a self problem: its potentials count at first order, each iteration leaves a third.
 * Raising it saves an iteration for a factor 3. Chosen; `pnpm fuzz` judges it.
 */
const SELF_SHARE = 0.03;

/**
 * Solves f = damp T f for a measure against itself at one temperature, from a given potential or from 0: averaged
 * updates reach it in a handful of steps for any temperature, so there is nothing to anneal.
 */
export function* convergeSelf(
  problem: TransportProblem,
  start: DeviceArray,
  epsilon: number,
  { tolerance: named, maxIterations, costScale, largestChange }: Stopping,
): Task<SelfConvergence> {
  const { space } = problem;
  const tolerance = largestChange === undefined ? named : SELF_SHARE * Math.min(named, largestChange);
  const temperature = errorTemperature(epsilon, problem.penalty.x, costScale);
  const errors: number[] = [];
  let potential = start;
  for (let iteration = 1; ; iteration++) {
    const factor = iteration <= FIRST_ITERATIONS ? FIRST_FACTOR : FACTOR;
    const next = softmin(problem, 'x', potential, epsilon, { previous: potential, factor });
    const array = marginalError(problem, 'x', { after: next, before: potential }, -1 / (factor * temperature));
    const error = Math.max(...(yield* read(space.backend, array)));
    space.release(array, potential);
    potential = next;
    yield* report({ stage: 'debiasing', iteration, epsilon, marginalError: error });
    errors.push(error);
    const converged = error <= tolerance;
    if (converged || iteration >= maxIterations) {
      return {
        potential,
        iterations: iteration,
        marginalError: error,
        further: selfSlowness(errors, FACTOR),
        converged,
      };
    }
  }
}

import type { DeviceArray } from '../backend/backend.js';
import { row } from '../formula/expression.js';
import { other, type Side } from '../measure/side.js';
import { readAll, report, type Task } from '../tasks/task.js';
import { anderson } from './anderson.js';
import { errorTemperature, marginalError } from './marginalError.js';
import type { Potentials } from './potentials.js';
import type { TransportProblem } from './problem.js';
import { softmin } from './softmin.js';
import { acrossTranslations, translate } from './translation.js';

/** When to stop. */
export interface Stopping {
  readonly tolerance: number;
  readonly maxIterations: number;
  /** A bound on the costs, such as diameter^p; 0 when there is none to go by. */
  readonly costScale: number;
  /**
   * How far the potentials may seem to be from their solution besides, measured as marginal errors are. Mass that has to go from one
   * cluster to another leaves small marginal errors and far potentials.
   */
  readonly largestChange?: number;
  /** Sweeps to add to the largest number once it is reached, where as many again seem to bring the error down to the tolerance. */
  readonly more?: number;
  /** Errors that an extrapolation has besides, at a temperature: one number an element, 0 or more than any error. */
  readonly jumps?: (before: Potentials, after: Potentials, epsilon: number) => readonly DeviceArray[];
}

/** What an iteration at one temperature came to. */
export interface Convergence {
  readonly potentials: Potentials;
  readonly iterations: number;
  readonly marginalError: number;
  readonly converged: boolean;
  /** How far the potentials seem to have been from their solution, where that was asked for. */
  readonly change?: number;
}

/**
 * Differences that Anderson acceleration keeps (Walker and Ni 2011). Raising it takes M more arrays and scalar products a sweep, for
 * fewer sweeps up to a point. This and those below were found by counting reductions to a marginal error of 1e-3 and 1e-6 on the clouds
 * of the benchmark "iterations to tolerance", which keeps the table.
 */
const MEMORY = 6;
/**
 * Of so many points and more, as images have, fewer differences are kept: those of both sides are 4 arrays each, more than all else that a
 * solve holds. On two images of 1000 x 700 at a blur of 2 pixels sweeps are as many as with `MEMORY`, 162 for 164; on six pairs of small
 * images they were half to six times as many, 1.3 times in the median. Lowering the number of points saves memory where it is little.
 */
const MANY_POINTS = 2 ** 18;
const MEMORY_OF_MANY = 3;
/**
 * The share of the error that a sweep may leave for updates to stay plain: nothing is faster where they halve it, and elsewhere
 * over-relaxation is. Raising it relaxes later.
 */
const EASY_RATE = 0.5;
/** The factor of over-relaxed updates at first (Thibault et al. 2021); 1 is plain, 2 diverges. */
const RELAXATION = 1.5;
/** And at last. Raising it speeds up the slowest problems, and comes nearer to where sweeps diverge. */
const LARGEST_RELAXATION = 1.93;
/** What is added to it where sweeps are slow. */
const RELAXATION_STEP = 0.1;
/** An extrapolation that leaves the error larger than this many times the one before it is taken back. */
const REJECTION_RATIO = 2;
/** Sweeps without extrapolation after one was taken back; doubled each time. */
const FIRST_HOLD = 8;
/** Sweeps after which the rate is looked at. Raising it reacts later, to steadier rates. */
const RATE_WINDOW = 8;
/** The share of the error left by a sweep, above which relaxation goes up. */
const SLOW_RATE = 0.95;

/** Differences of sweeps that an extrapolation has to go by to be believed: a first one shows what is fast. Chosen, of 1 and 3. */
const FEWEST_DIFFERENCES = 3;
/** Sweeps that tell how slow the last ones were: extrapolations make single ones jump. Chosen, not measured. */
const RECENT_SWEEPS = 4;
/** How slow they can show to be at most. Raising it doubts results whose errors jump, and takes time. Chosen, of 6 and 32; `pnpm fuzz` judges it. */
const LARGEST_SLOWNESS = 6;

interface Sweep {
  readonly output: Potentials;
  readonly residual: Potentials;
  /** The marginal errors of each side, one number an element. */
  readonly errors: readonly DeviceArray[];
}

/**
 * Iterates at one temperature until both marginal errors are at most the tolerance: over-relaxed alternating updates
 * (Thibault et al. 2021) with Anderson acceleration, safeguarded. Where extrapolation misleads, as between clusters
 * that must exchange mass, sweeps go on without it and with more relaxation.
 *
 * The side named by `first` is updated first: a caller that chooses it by content gets (x, y) and (y, x) alike.
 */
export function* converge(
  problem: TransportProblem,
  start: Potentials,
  epsilon: number,
  first: Side,
  { tolerance, maxIterations, costScale, largestChange, more = 0, jumps: jumpsOf }: Stopping,
  stage = 'converging',
): Task<Convergence> {
  const { space } = problem;
  const sides: readonly Side[] = [first, other(first)];
  const shape = start.x.shape;
  const batch = shape.length === 3 ? shape[0] : 1;
  const parts = sides.map((side) => ({ normalizedWeights: problem[side].normalizedWeights }));
  const entries = Math.max(...sides.map((side) => start[side].shape.reduce((product, length) => product * length, 1)));
  const acceleration = anderson(space, parts, batch, entries < MANY_POINTS ? MEMORY : MEMORY_OF_MANY);
  const errors: number[] = [];
  let state = start;
  let trusted: Potentials | undefined;
  let relaxation = 1;
  let hold = 0;
  let nextHold = FIRST_HOLD;
  let sinceRate = 0;
  let most = maxIterations;
  const pause = () => {
    acceleration.restart();
    trusted = undefined;
    hold = nextHold;
    nextHold *= 2;
  };

  for (let iteration = 1; ; iteration++) {
    const jumps = trusted && jumpsOf?.(trusted, state, epsilon);
    const { output, residual, errors: found } = sweep(problem, state, epsilon, sides, relaxation, costScale, jumps);
    space.release(state.x, state.y);
    const steps = sides.map((side) => ({ output: output[side], residual: residual[side] }));
    // Its scalar products are read with the errors, before it is known whether they are wanted: a wait costs more.
    const products = hold === 0 ? acceleration.prepare(steps) : [];
    const numbers = yield* readAll(space.backend, [...found, ...products]);
    space.release(...found);
    const error = Math.max(...numbers.slice(0, found.length).map((values) => Math.max(...values)));
    yield* report({ stage, iteration, epsilon, marginalError: error });
    const isNear = error <= tolerance;
    const converged = isNear && largestChange === undefined;
    // An error that fell from about 1 to its square root falls as far again in as many sweeps.
    if (iteration === maxIterations && error ** 2 <= tolerance) most += more;
    if (converged || error === 0 || iteration >= most) {
      acceleration.restart();
      space.release(residual.x, residual.y);
      return {
        potentials: output,
        iterations: iteration,
        marginalError: error,
        converged: converged || error === 0,
      };
    }
    if (trusted && !(error <= REJECTION_RATIO * errors[errors.length - 1])) {
      state = copy(problem, trusted);
      pause();
      space.release(output.x, output.y, residual.x, residual.y);
      continue;
    }
    if (errors.length === 1 && error > EASY_RATE * errors[0]) relaxation = RELAXATION;
    errors.push(error);
    sinceRate += 1;
    if (sinceRate > RATE_WINDOW) {
      const before = errors[errors.length - 1 - RATE_WINDOW];
      if ((error / before) ** (1 / RATE_WINDOW) > SLOW_RATE) {
        relaxation = Math.min(LARGEST_RELAXATION, relaxation + RELAXATION_STEP);
        if (hold === 0) pause();
      }
      sinceRate = 0;
    }
    if (hold > 0) {
      hold -= 1;
      space.release(residual.x, residual.y);
      state = output;
      continue;
    }
    const [one, two] = acceleration.extrapolate(numbers.slice(found.length));
    trusted = output;
    state = first === 'x' ? { x: one, y: two } : { x: two, y: one };
    if (largestChange === undefined || !isNear || acceleration.differences() < FEWEST_DIFFERENCES) continue;
    // Where the last sweeps point to is the best that is known of the solution.
    // They are no nearer to it than the last sweep moved them, where there is nothing yet to extrapolate from.
    const change = Math.max(error, yield* distance(problem, output, state, epsilon, costScale));
    if (change > largestChange) continue;
    acceleration.restart();
    return {
      potentials: state,
      iterations: iteration,
      marginalError: error,
      converged: true,
      change: Math.max(change, slowness(errors) * error),
    };
  }
}

/** The sum of what all later sweeps would change, as a multiple of what the last one did: 1 / (1 - rate). */
function slowness(errors: readonly number[]): number {
  const sweeps = Math.min(RECENT_SWEEPS, errors.length - 1);
  const rate = (errors[errors.length - 1] / errors[errors.length - 1 - sweeps]) ** (1 / sweeps);
  return rate < 1 - 1 / LARGEST_SLOWNESS ? 1 / (1 - rate) : LARGEST_SLOWNESS;
}

/** How far apart potentials are, as a marginal error would tell it: the larger of both sides, over the batch. */
function* distance(
  problem: TransportProblem,
  from: Potentials,
  to: Potentials,
  epsilon: number,
  costScale: number,
): Task<number> {
  const arrays = (['x', 'y'] as const).map((side) => {
    const temperature = errorTemperature(epsilon, problem.penalty[side], costScale);
    return marginalError(problem, side, { after: to[side], before: from[side] }, 1 / temperature);
  });
  const values = yield* readAll(problem.space.backend, arrays);
  problem.space.release(...arrays);
  return Math.max(...values.map((each) => Math.max(...each)));
}

function copy({ space }: TransportProblem, potentials: Potentials): Potentials {
  const duplicate = (potential: DeviceArray) => space.map(row('potential'), { potential });
  return { x: duplicate(potentials.x), y: duplicate(potentials.y) };
}

/** Updates one side and then, with the result, the other. */
function sweep(
  problem: TransportProblem,
  state: Potentials,
  epsilon: number,
  sides: readonly Side[],
  relaxation: number,
  costScale: number,
  jumps: readonly DeviceArray[] = [],
): Sweep {
  const output: { -readonly [S in Side]?: DeviceArray } = {};
  const errors = [...jumps];
  for (const side of sides) {
    const before = state[side];
    const against = output[other(side)] ?? state[other(side)];
    const after = softmin(problem, side, against, epsilon, { previous: before, factor: relaxation });
    const temperature = errorTemperature(epsilon, problem.penalty[side], costScale);
    errors.push(marginalError(problem, side, { after, before }, -1 / (relaxation * temperature)));
    output[side] = after;
  }
  const moved = translate(problem, output as Potentials);
  return { output: moved, residual: acrossTranslations(problem, moved, state), errors };
}

import type { DeviceArray } from '../../backend/backend.js';
import type { BlockPattern } from '../../backend/blockPattern.js';
import { dispatchSoftmin, readValues, truncateFor } from '../../geometry/truncated/truncatedSoftmin.js';
import { other, type Side } from '../../measure/side.js';
import type { HierarchyLevel } from '../../spatial/hierarchy.js';
import { transposed, united } from '../../spatial/pattern.js';
import { prolong } from '../../spatial/prolong.js';
import { pause, readScaled, type Task } from '../../tasks/task.js';
import { converge, type Stopping } from '../converge.js';
import { ANNEALING_ITERATIONS, ANNEALING_TOLERANCE } from '../iterate.js';
import { pairwiseProblem } from '../problem.js';
import { LAST_DIGIT } from '../rounding.js';
import { convergeSelf } from '../selfPotential.js';
import type { CoresetConvergence, LevelPotentials } from './coresetConvergence.js';
import { type LevelPair, levelsAt, type MultiscaleProblem } from './problem.js';

/**
 * Sweeps after which the pairs that count are looked for anew; doubled each time, as acceleration starts anew as well. Raising it has
 * potentials go further on pairs that are no longer right. Chosen, not measured.
 */
const FIRST_SWEEPS = 20;
/**
 * In temperatures: a potential that moved further makes other pairs count, by a factor e in their shares. Raising it trusts pairs for
 * longer. Chosen, not measured.
 */
const LARGEST_MOVE = 1;

/** Errors of single softmins in roundings of costs. Chosen, not measured by itself. */
const ROUNDINGS = 1;

/** What softmins are rounded by, in the device's units. */
export const roundingOf = ({ space, costScale }: MultiscaleProblem): number =>
  ROUNDINGS * LAST_DIGIT[space.backend.precision] * costScale;

/** The marginal error that sweeps go on to: below what softmins are rounded by there is nothing to be met. */
export const sweepTolerance = (problem: MultiscaleProblem, wanted: number): number =>
  Math.max(wanted, roundingOf(problem) / problem.epsilon);

/** How far a potential moved, up to a constant, in temperatures. */
function moveOf(before: Float64Array, after: Float64Array, epsilon: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < before.length; k++) {
    const change = after[k] - before[k];
    if (change < low) low = change;
    if (change > high) high = change;
  }
  return (high - low) / epsilon;
}

/** Anneals loosely from the first temperature and converges at the last, on coresets that become finer. */
export function* convergeOnCoresets(
  problem: MultiscaleProblem,
  epsilons: readonly number[],
  first: Side,
  stopping: Stopping,
): Task<CoresetConvergence & { readonly levels: LevelPair; readonly potentials: LevelPotentials }> {
  const second = other(first);
  let levels = yield* levelsAt(problem, epsilons[0]);
  let potentials: LevelPotentials = {
    x: new Float64Array(levels.x.coreset.count),
    y: new Float64Array(levels.y.coreset.count),
  };
  const loose = { ...stopping, tolerance: ANNEALING_TOLERANCE, maxIterations: ANNEALING_ITERATIONS };
  for (const [index, epsilon] of epsilons.entries()) {
    const before = levels;
    levels = yield* levelsAt(problem, epsilon, before);
    potentials = yield* moved(problem, before, levels, potentials);
    // The pairs that count follow from both potentials at this temperature: one sweep gives them.
    potentials = yield* update(problem, levels, potentials, first, epsilon);
    potentials = yield* update(problem, levels, potentials, second, epsilon);
    if (index < epsilons.length - 1) {
      ({ potentials } = yield* convergeAt(problem, levels, potentials, epsilon, first, loose, 'annealing'));
    }
  }
  const last = epsilons[epsilons.length - 1];
  return { levels, ...(yield* convergeAt(problem, levels, potentials, last, first, stopping, 'converging')) };
}

function* moved(
  { clouds }: MultiscaleProblem,
  before: LevelPair,
  after: LevelPair,
  potentials: LevelPotentials,
): Task<LevelPotentials> {
  const move = function* (side: Side): Task<Float64Array> {
    if (before[side] === after[side]) return potentials[side];
    const field = { values: potentials[side] };
    return (yield* prolong(clouds[side].dimension, before[side].coreset, after[side].coreset, field)).values;
  };
  return { x: yield* move('x'), y: yield* move('y') };
}

function* update(
  problem: MultiscaleProblem,
  levels: LevelPair,
  potentials: LevelPotentials,
  side: Side,
  epsilon: number,
): Task<LevelPotentials> {
  const against = other(side);
  const softmin = yield* dispatchSoftmin(problem, {
    side,
    rows: levels[side],
    columns: levels[against],
    potential: potentials[against],
    epsilon,
    rho: problem.rho[side],
    gradient: false,
  });
  const values = yield* readValues(problem, softmin);
  return { ...potentials, [side]: values };
}

/**
 * The pairs that count in softmins of either side: the same for both, so that the two are transposes of each other. They
 * would not agree on a fixed point otherwise, and potentials would drift.
 */
function* truncateBoth(
  problem: MultiscaleProblem,
  { x, y }: LevelPair,
  potentials: LevelPotentials,
  epsilon: number,
): Task<{ readonly x: BlockPattern; readonly y: BlockPattern } | undefined> {
  const ofX = yield* truncateFor(problem, x, y, potentials.y, epsilon);
  const ofY = yield* truncateFor(problem, y, x, potentials.x, epsilon);
  if (!ofX || !ofY) return undefined;
  // Long lists: each of these steps takes a while.
  const turned = transposed(ofY);
  yield* pause();
  const both = united(ofX, turned);
  yield* pause();
  return { x: both, y: transposed(both) };
}

/** Sweeps at one temperature, with the pairs that count looked for anew until the potentials stay where these are right. */
export function* convergeAt(
  problem: MultiscaleProblem,
  levels: LevelPair,
  start: LevelPotentials,
  epsilon: number,
  first: Side,
  { tolerance, maxIterations, costScale }: Stopping,
  name: string,
): Task<CoresetConvergence & { readonly potentials: LevelPotentials }> {
  const { space, cost, rho } = problem;
  const upload = (values: Float64Array): DeviceArray => space.upload(values, [values.length, 1]);
  let potentials = start;
  let iterations = 0;
  for (let most = FIRST_SWEEPS; ; most *= 2) {
    if (epsilon === problem.epsilon && most === (problem.isSlow ? 1 : 2) * FIRST_SWEEPS) {
      const parts = problem.newton && (yield* problem.newton());
      const found = parts && (yield* parts.newtonOnCoresets(problem, levels, potentials, first));
      if (found) {
        const { x, y } = found.potentials;
        const isFar = Math.max(moveOf(potentials.x, x, epsilon), moveOf(potentials.y, y, epsilon)) > LARGEST_MOVE;
        return { ...found, isFar, iterations: iterations + found.iterations };
      }
    }
    const blocks = yield* truncateBoth(problem, levels, potentials, epsilon);
    const device = pairwiseProblem(space, { x: levels.x.device, y: levels.y.device }, cost, rho, blocks);
    const sweeps = Math.min(most, maxIterations - iterations);
    const result = yield* converge(
      device,
      { x: upload(potentials.x), y: upload(potentials.y) },
      epsilon,
      first,
      { tolerance, maxIterations: sweeps, costScale },
      name,
    );
    const before = potentials;
    potentials = {
      x: yield* readScaled(space.backend, result.potentials.x, 1),
      y: yield* readScaled(space.backend, result.potentials.y, 1),
    };
    space.release(result.potentials.x, result.potentials.y);
    iterations += result.iterations;
    const { marginalError } = result;
    const move = Math.max(moveOf(before.x, potentials.x, epsilon), moveOf(before.y, potentials.y, epsilon));
    const converged = result.converged && move <= LARGEST_MOVE;
    if (converged || iterations >= maxIterations) return { potentials, iterations, marginalError, converged };
  }
}

/** The potential of a cloud with itself at one temperature, on its coreset. */
export function* convergeSelfOnCoreset(
  problem: MultiscaleProblem,
  side: Side,
  level: HierarchyLevel,
  start: Float64Array,
  epsilon: number,
  { tolerance, maxIterations, costScale }: Stopping,
): Task<CoresetConvergence & { readonly potential: Float64Array }> {
  const { space, cost } = problem;
  const rho = { x: problem.rho[side], y: problem.rho[side] };
  let potential = start;
  let iterations = 0;
  for (let most = FIRST_SWEEPS; ; most *= 2) {
    const pairs = yield* truncateFor(problem, level, level, potential, epsilon);
    yield* pause();
    const turned = pairs && transposed(pairs);
    yield* pause();
    const blocks = pairs && turned && united(pairs, turned);
    const device = pairwiseProblem(space, { x: level.device, y: level.device }, cost, rho, { x: blocks });
    const sweeps = Math.min(most, maxIterations - iterations);
    const result = yield* convergeSelf(device, space.upload(potential, [potential.length, 1]), epsilon, {
      tolerance,
      maxIterations: sweeps,
      costScale,
    });
    const before = potential;
    potential = yield* readScaled(space.backend, result.potential, 1);
    space.release(result.potential);
    iterations += result.iterations;
    const converged = result.converged && moveOf(before, potential, epsilon) <= LARGEST_MOVE;
    if (converged || iterations >= maxIterations) {
      return { potential, iterations, marginalError: result.marginalError, converged };
    }
  }
}

import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { diameter } from '../../measure/frame.js';
import { isGrid } from '../../measure/grid.js';
import type { HostGradient } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { bySide, type Side } from '../../measure/side.js';
import { preparing } from '../../tasks/preparing.js';
import type { Task } from '../../tasks/task.js';
import { type PreparedOptions, penalties } from '../../transport/context.js';
import type { DualSolver, SinkhornResult, SinkhornStart, SolvedGradients } from '../../transport/dualSolver.js';
import { relativeError, type SolveErrors } from '../../transport/errors.js';
import { type FinalSide, lastSweeps } from '../../transport/finalUpdate.js';
import { prepareGrids } from '../../transport/grids/prepareGrids.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import { DEFAULT_TOLERANCE, type SinkhornOptions } from '../../transport/options.js';
import { selfProblem } from '../../transport/problem.js';
import { finer } from '../../transport/resumption.js';
import { type SelfResult, solvePreparedSelf } from '../../transport/selfResult.js';
import { softmin } from '../../transport/softmin.js';
import { readFinal, uploadIterates } from '../../transport/transfer.js';
import { weightGradient } from '../../transport/value.js';
import { solvePrepared } from '../sinkhorn/solvePrepared.js';

/**
 * What float32 rounds off potentials over the temperature, of (diameter / blur)^p / p: measured on images of 256 to 1024 pixels, whose
 * marginal errors come no lower.
 */
const FLOAT32_FLOOR = 2 ** -25;
/**
 * The share of the tolerance from which that floor is too high, and a device computes in float64 where it can. Raising it has sweeps stall
 * near the floor; lowering it takes about twice the time where float32 would do. Chosen, not measured.
 */
const FLOOR_SHARE = 1 / 4;

/** How often sweeps go on where gradients in the masses are less accurate than is asked for, at most. Chosen, not measured: one is enough for most. */
const MOST_RESUMPTIONS = 3;

type Options = Pick<SinkhornOptions, 'blur' | 'p' | 'tolerance'>;

/** The floor of marginal errors in float32, over the tolerance. */
function floorOf(measures: readonly CheckedMeasure[], { blur, p, tolerance }: Options): number {
  return (FLOAT32_FLOOR * (diameter(measures) / blur) ** p) / p / (tolerance ?? DEFAULT_TOLERANCE);
}

/** The device in the precision that a problem wants. A schedule alone runs in the one that is asked for. */
const deviceFor = (backend: Backend, measures: readonly CheckedMeasure[], options: Options): Backend =>
  options.tolerance !== null && floorOf(measures, options) > FLOOR_SHARE ? (backend.inFloat64 ?? backend) : backend;

/** Whether the cost is a sum over axes, as that of p = 2 is and Manhattan's distance, and on the line every one. */
export const isSeparable = ({ x, y }: MeasurePair, { p, homogeneous, metric }: SinkhornOptions): boolean =>
  isGrid(x) && isGrid(y) && (metric === 'manhattan' || (homogeneous && (p === 2 || x.dimension === 1)));

// Manhattan's distance grows with lengths as p = 1 does: coordinates may be scaled, as no pairs of nodes are visited.
const onGrids = (options: SinkhornOptions, sums?: 'float32'): PreparedOptions => ({
  ...options,
  homogeneous: true,
  prepare: (space, pair, given) => prepareGrids(space, pair, given, sums),
});

/** What sums that are made in float32 are off by, relative to themselves. */
const OFF_IN_SUMS = 1e-6;

/** How sums are made: in float32 where only the size of potentials asks for float64, and what they are off by is well below the tolerance. */
const sumsFor = (backend: Backend, device: Backend, { tolerance }: Options): 'float32' | undefined =>
  device !== backend && (tolerance ?? DEFAULT_TOLERANCE) >= 100 * OFF_IN_SUMS ? 'float32' : undefined;

/**
 * Solves entropic transport between two grids whose cost `isSeparable`, as `solveSinkhorn` does between clouds: the same sweeps, each along
 * one axis after the other. `converged` is never said of an error below what float32 can tell where a device has no other.
 *
 * Sweeps stop by the plan, and the gradients in the masses are potentials: where these are less accurate than `largestChange` asks, sweeps go on.
 */
export function* solveGrids(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  wrt: readonly Side[] = [],
  start: SinkhornStart = {},
  turnTo?: DualSolver<SinkhornResult | undefined>,
): Task<SinkhornResult> {
  let result = yield* sweepGrids(backend, pair, options, start, turnTo);
  // What Newton's method knows are gradients in the nodes as points, too.
  if (wrt.length === 0) return { ...result, gradients: {} };
  result = { ...result, ...(yield* gridGradients(backend, pair, options, result, wrt)) };
  let asked = options;
  for (let more = 0; more < MOST_RESUMPTIONS; more++) {
    if (asked.tolerance === null || !options.largestChange || result.errors.gradient <= options.largestChange) break;
    // Sweeps end at less than was asked for, and would end there at once again.
    const reached = Math.min(asked.tolerance, result.marginalError || asked.tolerance);
    asked = finer(asked, reached, result.errors.gradient / options.largestChange);
    const before = result;
    result = yield* sweepGrids(
      backend,
      pair,
      asked,
      { ...start, iterates: before.iterates, seen: before.seen },
      turnTo,
    );
    result = {
      ...result,
      ...(yield* gridGradients(backend, pair, options, result, wrt)),
      iterations: before.iterations + result.iterations,
      reductions: before.reductions + result.reductions,
      epsilons: before.epsilons,
    };
  }
  return result;
}

function* sweepGrids(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  start: SinkhornStart,
  turnTo?: DualSolver<SinkhornResult | undefined>,
): Task<SinkhornResult> {
  const measures = [pair.x, pair.y];
  const device = deviceFor(backend, measures, options);
  const sums = sumsFor(backend, device, options);
  let swept = yield* solvePrepared(device, pair, onGrids(options, sums), [], start, turnTo);
  if (sums && swept.method === 'alternating') {
    const coarse = withCoarseSums(pair, options, swept);
    swept = coarse;
    // Of a value that is nearly nothing they may be off by too much.
    if (options.largestChange && coarse.errors.value > options.largestChange && coarse.converged) {
      const from = { ...start, iterates: coarse.iterates, seen: coarse.seen };
      const finer = yield* solvePrepared(device, pair, onGrids(options), [], from, turnTo);
      swept = { ...finer, reductions: coarse.reductions + finer.reductions, epsilons: coarse.epsilons };
    }
  }
  const isBlind =
    swept.method === 'alternating' &&
    device.precision === 'float32' &&
    !device.inFloat64 &&
    floorOf(measures, options) > 1;
  return isBlind ? { ...swept, converged: false } : swept;
}

/** The result with what sums in float32 leave of its value. */
function withCoarseSums(pair: MeasurePair, { blur, p }: SinkhornOptions, result: SinkhornResult): SinkhornResult {
  const off = OFF_IN_SUMS * blur ** p * Math.max(...pair.x.masses, ...pair.y.masses);
  const { values, errorsOf = () => result.errors } = result;
  const raised = (errors: SolveErrors): SolveErrors => {
    // A measure and itself: the same sums, and 0 to the last bit.
    if (errors.value === 0) return errors;
    const inValues = Math.max(...values.map((value) => relativeError(off, value, errors.floor)));
    return { ...errors, value: errors.value + inValues };
  };
  return { ...result, errors: raised(result.errors), errorsOf: (...known) => raised(errorsOf(...known)) };
}

/** The self problem of a grid, to be given to many solves against it. */
export function solveSelfOnGrid(backend: Backend, y: CheckedMeasure, options: SinkhornOptions): Task<SelfResult> {
  const device = deviceFor(backend, [y], options);
  return solvePreparedSelf(device, y, onGrids(options, sumsFor(backend, device, options)));
}

/** The gradients in the masses of the nodes, [B, N], which the potentials are; nodes do not move. */
export function* gridGradients(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  { potentials, errors, errorsOf = () => errors }: SinkhornResult,
  wrt: readonly Side[],
): Task<SolvedGradients> {
  yield* preparing(pair.x.weights.length);
  const gradients: { [S in Side]?: HostGradient } = {};
  for (const side of wrt) {
    const weights = yield* weightGradient(pair, side, potentials, options.blur ** options.p, penalties(options));
    gradients[side] = { points: new Float64Array(), weights };
  }
  // The gradients are the potentials: what these lack shows in one more update.
  const again = yield* updatedAgain(backend.inFloat64 ?? backend, pair, options, potentials);
  const { weights, ...others } = errorsOf(gradients, { again });
  return { gradients, errors: { ...others, weights, gradient: weights } };
}

/**
 * All potentials after further updates. One of a pair may be what the other one makes of it already, and an update of it shows nothing: each
 * is renewed from the other's renewed one.
 */
function* updatedAgain(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  potentials: HostPotentials,
): Task<HostPotentials> {
  const space = workspace(backend);
  try {
    const { problem, units, epsilon } = yield* prepareGrids(space, pair, options);
    const { cross, self } = uploadIterates(space, pair, potentials, units);
    const { y } = lastSweeps(problem, cross, epsilon, 'x', 1);
    const again = { x: softmin(problem, 'x', y, epsilon), y };
    const final = bySide((side): FinalSide => {
      const own = self[side];
      return { cross: again[side], self: own && softmin(selfProblem(problem, side), 'x', own, epsilon) };
    });
    return yield* readFinal(backend, final, units);
  } finally {
    space.releaseAll();
  }
}

import type { Backend, DeviceArray } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { shapeOf } from '../../measure/deviceMeasure.js';
import { diameter } from '../../measure/frame.js';
import type { HostGradients } from '../../measure/hostGradients.js';
import { compareContent, type MeasurePair } from '../../measure/pair.js';
import { bySide, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { balanced } from '../../transport/balancedPotentials.js';
import { checkMarginals } from '../../transport/checkMarginals.js';
import { type PreparedOptions, penalties, type SolveContext, strengths } from '../../transport/context.js';
import type { Stopping } from '../../transport/converge.js';
import type { DualSolver, Later, Seen, SinkhornResult, SinkhornStart } from '../../transport/dualSolver.js';
import { errorsOfNothing, type SolveErrors } from '../../transport/errors.js';
import { finalUpdate, lastSweeps } from '../../transport/finalUpdate.js';
import { potentialsOf } from '../../transport/hostPotentials.js';
import { type Iterates, iterateSchedule, iterateToTolerance, patienceFor } from '../../transport/iterate.js';
import { hasLight } from '../../transport/lastChanges.js';
import { DEFAULT_TOLERANCE } from '../../transport/options.js';
import { selfProblem } from '../../transport/problem.js';
import { finer, MOST_RESUMPTIONS } from '../../transport/resumption.js';
import { convergeSelf, type SelfConvergence, zeroPotential } from '../../transport/selfPotential.js';
import type { SelfResult } from '../../transport/selfResult.js';
import { sweepErrors } from '../../transport/sweepErrors.js';
import { gradientsFrom, readIterates, readSolution, uploadIterates } from '../../transport/transfer.js';
import { remainingError, remainingSquares, sinkhornValue } from '../../transport/value.js';
import { better, isBetter, isEnough } from './better.js';

/**
 * `solveSinkhorn` for measures of any kind: a caller says how their problem is prepared, and whoever solves between grids needs nothing of
 * what clouds are prepared with.
 */
export function* solvePrepared(
  backend: Backend,
  pair: MeasurePair,
  options: PreparedOptions,
  wrt: readonly Side[] = [],
  start: SinkhornStart = {},
  turnTo?: DualSolver<SinkhornResult | undefined>,
): Task<SinkhornResult> {
  checkMarginals(pair, options);
  const turn: Turn | undefined = turnTo && ((from) => turnTo(backend, pair, options, wrt, from));
  return yield* attempt(backend, pair, options, wrt, start, turn, options.largestChange, MOST_RESUMPTIONS, start.seen);
}

/** Solves by another method from where alternating updates turned out to be slow; gives nothing where it would be no better. */
type Turn = (start: SinkhornStart) => Task<SinkhornResult | undefined>;

/**
 * The least marginal error, relative, that sweeps come to on most problems in a precision. Lower ones are seldom met, and end at the
 * largest number of iterations. Chosen, not measured by itself.
 */
const LEAST_TOLERANCE = { float32: 1e-5, float64: 1e-14 };

/**
 * Solves, and goes on from there where the result is not as accurate as was asked.
 *
 * @param seen - What an earlier attempt showed.
 */
function* attempt(
  backend: Backend,
  pair: MeasurePair,
  options: PreparedOptions,
  wrt: readonly Side[],
  start: SinkhornStart,
  turnTo: Turn | undefined,
  accuracy: number | undefined,
  resumptions: number,
  { sweeps: earlierSweeps, further: slowness }: Seen = { sweeps: 0, further: 0 },
): Task<SinkhornResult> {
  const space = workspace(backend);
  try {
    const context = yield* options.prepare(space, pair, options);
    const { units, epsilons, epsilon } = context;
    const solved =
      options.tolerance === null
        ? yield* alongSchedule(context, options.debias)
        : yield* toTolerance(context, pair, options, options.tolerance, start, turnTo);
    if ('method' in solved) return { ...solved, reductions: solved.reductions + space.reductions };
    const { found } = solved;
    const finished = yield* finish(context, pair, options, solved.iterates, wrt, solved.first);
    const { iterates, potentials, gradients, cross, precision } = finished;
    const temperature = options.blur ** options.p;
    // What float32 took for the solution may be none.
    const remaining = remainingError(pair, iterates, potentials, temperature);
    const marginalError = Math.max(solved.marginalError ?? 0, precision === 'float64' ? remaining : 0) || remaining;
    // A schedule alone has GeomLoss's value, to the last digit.
    const before = options.tolerance === null ? undefined : iterates;
    const values = yield* sinkhornValue(pair, potentials, temperature, penalties(options), before);
    const isSame = pair.x === pair.y || solved.isSame === true;
    const rho = strengths(options);
    const { change, crossError, selfError } = solved;
    const sweeps = earlierSweeps + (solved.sweeps ?? 0);
    const further = Math.max(slowness, change && crossError ? change / crossError : 0) || undefined;
    const seen = { sweeps, further: further ?? 0 };
    const scale = bySide((side) => Math.min(temperature, rho[side]));
    const squares = remainingSquares(pair, iterates, potentials, scale);
    const errorsOf = (gradients: HostGradients, { again, ...later }: Later = {}): SolveErrors => {
      const longest = diameter([pair.x, pair.y]);
      const errors = sweepErrors({
        pair,
        options,
        values,
        gradients,
        sweeps,
        ...(!again && { successive: cross.successive }),
        ...later,
        marginalError,
        change: change && Math.max(change, slowness * (crossError ?? 0)),
        further,
        selfError,
        squares,
        lacking: context.lacking,
        ...context.sampledCosts?.(),
        ...(again ? { potentials: again, before: potentials } : { potentials, before: iterates }),
        precision,
        longest,
      });
      return isSame && options.debias ? errorsOfNothing(errors) : errors;
    };
    const errors = errorsOf(gradients, cross);
    const visited = (start.iterates ? [epsilon] : epsilons).map((value) => value * units.energy);
    const result: SinkhornResult = {
      values,
      potentials,
      iterates,
      gradients,
      iterations: solved.iterations,
      reductions: space.reductions + finished.reductions,
      costMemory: context.memory?.used,
      epsilons: visited,
      marginalError: solved.marginalError ?? remaining,
      converged: solved.converged ?? remaining <= DEFAULT_TOLERANCE,
      method: 'alternating',
      errors,
      errorsOf,
      seen,
      first: solved.first,
    };
    const later = yield* resumed();
    const last = later
      ? {
          ...later,
          iterations: later.iterations + result.iterations,
          reductions: later.reductions + result.reductions,
          epsilons: visited,
        }
      : result;
    // What another method came to may not have been enough, and the better one all the same.
    return found ? better(found, last) : last;

    /** A better result, where this one is not what was asked for. */
    function* resumed(): Task<SinkhornResult | undefined> {
      const { tolerance } = options;
      if (tolerance === null) return undefined;
      const worst = accuracy === undefined ? 0 : Math.max(errors.value, errors.gradient) / accuracy;
      // What float32 took for the solution may be none.
      const isInDoubt = precision !== backend.precision && solved.converged === true && remaining > DOUBT * tolerance;
      if (!isInDoubt && !(worst > 1)) return undefined;
      const device = backend.inFloat64 ?? backend;
      // What has been tried is not tried again.
      const turn = found ? undefined : turnTo;
      const next = finer(options, tolerance, worst);
      if (resumptions > 0 && next.tolerance >= LEAST_TOLERANCE[device.precision]) {
        return yield* attempt(device, pair, next, wrt, { iterates }, turn, accuracy, resumptions - 1, seen);
      }
      const other = turn && (yield* turn({ ...start, iterates }));
      return other && (isEnough(other, options) || isBetter(other, result)) ? other : undefined;
    }
  } finally {
    space.releaseAll();
  }
}

/**
 * A marginal error so many times the tolerance says that float32 was too coarse to see it. Raising it turns to float64 less often.
 * Chosen, not measured.
 */
const DOUBT = 2;

/**
 * Sweeps of which the last shows how slowly light points settle, which accelerated sweeps have jumbled: marginal errors do not see them. Raising
 * it tells more surely, at two passes each. Chosen; `pnpm fuzz` judges it.
 */
const LAST_SWEEPS_OF_LIGHT = 3;

/** One more sweep and the last update, in float64 where the device can, and the gradients of the sides that are wanted. */
function* finish(
  context: SolveContext,
  pair: MeasurePair,
  options: PreparedOptions,
  found: Iterates,
  wrt: readonly Side[],
  first?: Side,
) {
  const { backend } = context.problem.space;
  if (options.tolerance === null) {
    const final = yield* finalUpdate(context.problem, found, context.epsilon, wrt);
    const { slopes, ...read } = yield* readSolution(backend, found, final, context.units);
    const gradients = yield* gradientsFrom(pair, options, slopes, read.potentials);
    return { ...read, gradients, cross: {}, precision: backend.precision, reductions: 0 };
  }
  const device = backend.inFloat64 ?? backend;
  const before = yield* readIterates(backend, found, context.units);
  // What follows uploads anew: a backend may have both kinds of arrays in one memory.
  if (backend.inFloat64) context.problem.space.releaseAll();
  const space = workspace(device);
  try {
    // All updates of the cross problem need the same costs.
    const finer = backend.inFloat64
      ? yield* options.prepare(space, pair, { ...options, keepCosts: context.memory?.rest })
      : context;
    const { problem, epsilon, units } = finer;
    const start = backend.inFloat64 ? uploadIterates(space, pair, before, units) : found;
    const sweeps = hasLight(pair.x) || hasLight(pair.y) ? LAST_SWEEPS_OF_LIGHT : 1;
    const swept = first ? { ...start, cross: lastSweeps(problem, start.cross, epsilon, first, sweeps) } : start;
    const final = yield* finalUpdate(problem, swept, epsilon, wrt, first);
    const { slopes, crossSlopes, slopeChanges, again, ...read } = yield* readSolution(device, swept, final, units);
    const slopeRoundings = finer.slopeRoundings && (yield* finer.slopeRoundings(swept, wrt));
    // The last update left that of the second side as it was.
    const chain = (side: Side) =>
      (side === first ? [read.iterates, read.potentials] : [before, read.iterates])
        .map((potentials) => potentialsOf(potentials, side).cross)
        .concat(again[side] ?? []);
    const successive = first && bySide(chain);
    const moved = yield* balanced(pair, options, read);
    return {
      ...moved,
      gradients: yield* gradientsFrom(pair, options, slopes, moved.potentials),
      cross: { crossSlopes, slopeChanges, slopeRoundings, successive },
      precision: device.precision,
      reductions: space.reductions,
    };
  } finally {
    space.releaseAll();
  }
}

interface Solved {
  readonly iterates: Iterates;
  readonly iterations: number;
  /** Unknown after a schedule, until the final update. */
  readonly marginalError?: number;
  readonly converged?: boolean;
  /** How far the potentials of the transport from x to y seem to be from their solution, and their own marginal error then. */
  readonly change?: number;
  readonly crossError?: number;
  readonly selfError?: number;
  /** Sweeps at the last temperature. */
  readonly sweeps?: number;
  /** The side to update first in last sweeps; absent where there are none. */
  readonly first?: Side;
  /** Whether both measures are one. */
  readonly isSame?: boolean;
  /** What the other method came to, where that was not enough. */
  readonly found?: SinkhornResult;
}

function* alongSchedule({ problem, epsilons }: SolveContext, debias: boolean): Task<Solved> {
  return { iterates: yield* iterateSchedule(problem, epsilons, debias), iterations: epsilons.length };
}

function* toTolerance(
  context: SolveContext,
  pair: MeasurePair,
  options: PreparedOptions,
  tolerance: number,
  start: SinkhornStart,
  turnTo?: Turn,
): Task<Solved | SinkhornResult> {
  const { debias, maxIterations, largestChange } = options;
  const { problem, units, epsilons, costScale } = context;
  const stopping = { tolerance, maxIterations, costScale, largestChange };
  const order = compareContent(pair.x, pair.y);
  const same = order === 0 && problem.penalty.x.scale === problem.penalty.y.scale && (context.isSymmetric?.() ?? true);
  const warmStart = start.iterates && uploadIterates(problem.space, pair, start.iterates, units);
  const own = debias || same ? yield* solveOwn(context, pair, same, start, warmStart, stopping) : undefined;
  if (same && own) {
    // Against itself a measure's cross potentials are its self potentials: the divergence is 0 to the last bit.
    return { ...own, iterates: { cross: own.self, self: debias ? own.self : {} }, isSame: true };
  }
  // After a warm start it is x that moved, as a rule: its potential is the one to renew first.
  const first: Side = warmStart || order <= 0 ? 'x' : 'y';
  const approached = context.approach && (yield* context.approach(first, stopping, warmStart));
  const begun = approached ?? warmStart;
  let left = begun ? epsilons.slice(-1) : epsilons;
  let patience = turnTo && patienceFor(pair.x.batch * pair.x.count * pair.y.count);
  let crossed = yield* iterateToTolerance(problem, left, begun?.cross, first, stopping, patience);
  let found: SinkhornResult | undefined;
  while (turnTo && crossed.slowAt !== undefined) {
    left = left.slice(crossed.slowAt);
    const iterates = yield* readIterates(
      problem.space.backend,
      { cross: crossed.potentials, self: own?.self ?? {} },
      units,
    );
    found = yield* turnTo({ iterates, epsilons: left.map((value) => value * units.energy) });
    if (found && isEnough(found, options)) return found;
    // Here updates do better after all; at the last temperature they need not. What was found may yet be the better one.
    patience = !found && left.length > 1 && patience ? { ...patience, annealing: Number.POSITIVE_INFINITY } : undefined;
    crossed = yield* iterateToTolerance(problem, left, crossed.potentials, first, stopping, patience);
  }
  return {
    iterates: { cross: crossed.potentials, self: own?.self ?? {} },
    iterations: crossed.iterations + (approached?.sweeps ?? 0) + (warmStart ? 0 : epsilons.length),
    marginalError: Math.max(crossed.marginalError, own?.marginalError ?? 0),
    converged: crossed.converged && (own?.converged ?? true),
    change: crossed.change,
    crossError: crossed.marginalError,
    selfError: own && own.further * own.marginalError,
    sweeps: crossed.iterations,
    first: context.hasLastSweeps ? first : undefined,
    found,
  };
}

/** Solves the self problems of both sides, or takes what is known of them. */
function* solveOwn(
  { problem, units, epsilon }: SolveContext,
  pair: MeasurePair,
  same: boolean,
  { selfY }: SinkhornStart,
  warmStart: Iterates | undefined,
  stopping: Stopping,
) {
  const solve = (side: Side) => {
    const own = selfProblem(problem, side);
    return convergeSelf(own, warmStart?.self[side] ?? zeroPotential(own, 'x'), epsilon, stopping);
  };
  const uploadPrecomputed = ({ iterate, ...rest }: SelfResult) => ({
    ...rest,
    iterations: 0,
    potential: problem.space.upload(
      iterate.map((value) => value / units.energy),
      shapeOf(pair.y, 1),
    ),
  });
  const x = yield* solve('x');
  const y: SelfConvergence = same ? x : selfY ? uploadPrecomputed(selfY) : yield* solve('y');
  return {
    further: Math.max(x.further ?? 1, y.further ?? 1),
    self: { x: x.potential, y: y.potential } satisfies Record<Side, DeviceArray>,
    iterations: Math.max(x.iterations, y.iterations),
    marginalError: Math.max(x.marginalError, y.marginalError),
    converged: x.converged && y.converged,
  };
}

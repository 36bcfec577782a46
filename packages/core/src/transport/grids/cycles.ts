import type { AxisSoftmax, DeviceArray } from '../../backend/backend.js';
import { type Workspace, workspace } from '../../backend/workspace.js';
import { shapeOf } from '../../measure/deviceMeasure.js';
import type { CheckedWeights } from '../../measure/measure.js';
import { bySide, other, type Side } from '../../measure/side.js';
import { read, readAll, report, type Task } from '../../tasks/task.js';
import { converge, type Stopping } from '../converge.js';
import { errorTemperature, marginalError } from '../marginalError.js';
import type { Potentials } from '../potentials.js';
import { softmin } from '../softmin.js';
import { coarser, type GridWeights } from './coarser.js';
import { type GridProblem, problemOf } from './gridProblem.js';
import { interpolated, restricted } from './halving.js';

/** Two grids, their problem, and how to make that of coarser ones. */
export interface GridLevel {
  readonly problem: GridProblem;
  readonly grids: Readonly<Record<Side, GridWeights>>;
  readonly p: number;
  readonly sums?: AxisSoftmax['sums'];
}

/** What potentials are made better by, and until when. */
type Until = Pick<Stopping, 'tolerance' | 'maxIterations' | 'costScale'>;

/**
 * The spacing of the coarsest grid over the blur, at most: farther apart, nodes hardly see each other, and what a coarse grid says is wrong.
 * With 4 no problem that was tried converged.
 */
const LARGEST_SPACING = 2;
/** How far a spacing may be above that, relative: rounding of coordinates in a frame. */
const ROUNDING = 1e-6;
/** Nodes along the longest axis of a grid that is not worth halving. Raising it ends cycles at finer grids. Chosen, not measured. */
const FEW_NODES = 16;
/** The share of the error that a coarse grid is left with. Raising it makes cycles shorter and more. Chosen, of .3 and .1. */
const SHARE_LEFT = 0.1;
/** Sweeps on the coarsest grid, and cycles on each finer one, at most. Raising them takes time where they gain nothing. Chosen, not measured. */
const MOST_SWEEPS = 100;
const MOST_CYCLES = 10;
const MOST_COARSE_CYCLES = 2;
/** The share of the error that a cycle leaves when it was worth its time: others are the last. Raising it makes more of them. Chosen, not measured. */
const WORTHWHILE = 0.5;
/** Sweeps that would be enough at the rate of the last one for a coarse grid not to be asked. Raising it asks coarse grids less. Chosen, not measured. */
const FEW_SWEEPS = 4;
/** The largest exponent of what masses are multiplied by. Beyond it a coarse grid knows nothing of the fine one. Raising it tries more cycles in vain. Chosen, not measured. */
const LARGEST_EXPONENT = 5;

/**
 * Potentials with a smaller marginal error at a temperature, by cycles over coarser and coarser grids, whose sweeps settle in no time what takes
 * very many on the grid itself: differences over long distances. It takes over the potentials it is given.
 *
 * A cycle is a sweep, and then the full approximation scheme (Brandt 1977, section 5) for f = Phi(f), one sweep as a map of one side's potential:
 * on the coarse grid F = Phi_c(F) + tau, with tau = R Phi(f) - Phi_c(R f), whose solution's difference from R Phi(f) is added to Phi(f). There an
 * offset of f is a factor exp(tau / eps) of its side's masses, so that the coarse problem is one of transport too. Where a cycle does not help,
 * as where mass is so light that coarse grids misrepresent it, what was there before stays.
 *
 * @param first - The side whose potential is corrected, and updated first in sweeps.
 */
export function* cycles(
  level: GridLevel,
  first: Side,
  potentials: Potentials,
  epsilon: number,
  { tolerance, maxIterations, costScale }: Until,
  isFinest = true,
): Task<Potentials & { readonly sweeps: number }> {
  const { problem, grids } = level;
  const { space } = problem;
  const { axes, weights } = grids[first];
  const second = other(first);
  const temperature = errorTemperature(epsilon, problem.penalty[first], costScale);
  const until = { tolerance, maxIterations: Math.min(MOST_SWEEPS, maxIterations), costScale };
  const most = Math.min(maxIterations, isFinest ? MOST_CYCLES : MOST_COARSE_CYCLES);
  let state = potentials;
  let last: { readonly error: number; readonly corrected?: ArrayLike<number> } | undefined;
  // Sweeps since the last correction.
  let plain = 0;
  if (!canHalve(level, epsilon)) {
    if (isFinest) return { ...state, sweeps: 0 };
    return yield* swept();
  }
  for (let sweeps = 1, cycle = 0; ; sweeps++) {
    const before = state[first];
    const answer = softmin(problem, second, before, epsilon);
    const after = softmin(problem, first, answer, epsilon);
    const off = marginalError(problem, first, { after, before }, -1 / temperature);
    const [errors, from, to] = yield* readAll(space.backend, [off, before, after]);
    space.release(off, state.x, state.y);
    state = pairOf(after, answer);
    const error = Math.max(...errors);
    if (isFinest) yield* report({ stage: 'cycles', iteration: sweeps, epsilon, marginalError: error });
    const isWorse = last?.corrected && !(error <= last.error);
    if (isWorse) restore(last?.corrected as ArrayLike<number>);
    const isSlow = last?.corrected && !(error <= WORTHWHILE * last.error);
    if (error <= tolerance || isSlow || cycle >= most) {
      return isFinest || error <= tolerance ? { ...state, sweeps } : yield* swept();
    }
    const rate = last ? error / last.error : 1;
    if (plain < FEW_SWEEPS && rate < 1 && error * rate ** (FEW_SWEEPS - plain) <= tolerance) {
      last = { error };
      plain++;
      continue;
    }
    const correction = yield* fromCoarser(from, to, { ...until, tolerance: SHARE_LEFT * error });
    last = { error, corrected: to };
    plain = 0;
    cycle++;
    space.release(state[first]);
    state = pairOf(upload(to.map((value, k) => value + correction[k])), state[second]);
  }

  function pairOf(one: DeviceArray, two: DeviceArray): Potentials {
    return first === 'x' ? { x: one, y: two } : { x: two, y: one };
  }

  function upload(values: ArrayLike<number>): DeviceArray {
    return space.upload(values, shapeOf(weights, 1));
  }

  function restore(values: ArrayLike<number>): void {
    space.release(state.x, state.y);
    const one = upload(values);
    state = pairOf(one, softmin(problem, second, one, epsilon));
  }

  function* swept(): Task<Potentials & { readonly sweeps: number }> {
    const { potentials: found, iterations } = yield* converge(problem, state, epsilon, first, until, 'annealing');
    return { ...found, sweeps: iterations };
  }

  /** What the coarser grid says that the potential of `first` lacks after a sweep, at the nodes of this one. */
  function* fromCoarser(before: ArrayLike<number>, after: ArrayLike<number>, left: Until): Task<Float64Array> {
    const { backend } = space;
    const below = workspace(backend.inFloat64 ?? backend);
    try {
      const coarse = half(level, below);
      const of = coarse.grids[first].weights;
      const { batch } = of;
      const given = below.upload(restricted(before, axes, batch), shapeOf(of, 1));
      const answer = softmin(coarse.problem, second, given, epsilon);
      const moved = softmin(coarse.problem, first, answer, epsilon);
      const start = yield* read(below.backend, moved);
      const offset = restricted(after, axes, batch).map((value, k) => value - start[k]);
      const { penalty } = problem;
      const shifted = reweighted(of, offset, epsilon, penalty.x.balanced && penalty.y.balanced);
      const next = { ...coarse, grids: { ...coarse.grids, [first]: { ...coarse.grids[first], weights: shifted } } };
      const solved = yield* cycles(
        { ...next, problem: problemOf(below, next.grids, level.p, penalty, level.sums) },
        first,
        first === 'x' ? { x: moved, y: answer } : { x: answer, y: moved },
        epsilon,
        left,
        false,
      );
      const end = yield* read(below.backend, solved[first]);
      return interpolated(
        start.map((value, k) => end[k] - value),
        axes,
        batch,
      );
    } finally {
      below.releaseAll();
    }
  }
}

/** Whether the grids of a level have coarser ones that still represent the problem. */
function canHalve({ grids, p }: GridLevel, epsilon: number): boolean {
  const axes = [...grids.x.axes, ...grids.y.axes];
  const spacing = Math.max(...axes.map((axis) => (axis.length > 1 ? axis[1] - axis[0] : 0)));
  return (
    2 * spacing <= (1 + ROUNDING) * LARGEST_SPACING * epsilon ** (1 / p) &&
    Math.max(...axes.map(({ length }) => length)) > FEW_NODES
  );
}

function half(level: GridLevel, space: Workspace): GridLevel {
  const grids = bySide((side) => {
    const { axes } = level.grids[side];
    return coarser(
      level.grids[side],
      axes.map(({ length }) => Math.min(2, length)),
    );
  });
  return { ...level, grids, problem: problemOf(space, grids, level.p, level.problem.penalty, level.sums) };
}

/** Masses times exp(offset / eps); with the sums that they had, where these have to agree with the other side's. */
function reweighted(of: CheckedWeights, offset: Float64Array, epsilon: number, keepsMass: boolean): CheckedWeights {
  const { batch, count } = of;
  const factor = (k: number) => Math.exp(Math.max(-LARGEST_EXPONENT, Math.min(LARGEST_EXPONENT, offset[k] / epsilon)));
  // A node without mass has a potential, which means nothing here.
  const weights = of.weights.map((weight, k) => (weight > 0 ? weight * factor(k) : 0));
  const masses = new Float64Array(batch);
  weights.forEach((weight, k) => {
    masses[Math.floor(k / count)] += weight;
  });
  if (!keepsMass) return { ...of, weights, masses };
  return {
    ...of,
    weights: weights.map((weight, k) => (weight * of.masses[Math.floor(k / count)]) / masses[Math.floor(k / count)]),
  };
}

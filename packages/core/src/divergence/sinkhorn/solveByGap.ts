import type { Backend } from '../../backend/backend.js';
import { type Workspace, workspace } from '../../backend/workspace.js';
import { InvalidMeasureError } from '../../errors.js';
import type { Geometry } from '../../geometry/geometry.js';
import type { CostMemory } from '../../geometry/pairwise/keptCosts.js';
import { centred, norm } from '../../linear/norm.js';
import type { PenaltyIn } from '../../marginal/penaltyOptions.js';
import type { DeviceWeights } from '../../measure/deviceMeasure.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import { checkEqualMasses, MASS_TOLERANCE, toldMass, type WeightsPair } from '../../measure/pair.js';
import { bySide, other, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { balanced, type FoundPotentials } from '../../transport/balancedPotentials.js';
import type { Units } from '../../transport/context.js';
import {
  certifiedValue,
  dualTermsOf,
  type GapProblem,
  measurePotentials,
  nextChange,
} from '../../transport/dualityGap.js';
import type { SinkhornResult } from '../../transport/dualSolver.js';
import { errorsOfNothing, FLOOR, relativeError, type SolveErrors } from '../../transport/errors.js';
import { finalUpdate } from '../../transport/finalUpdate.js';
import { type HostPotentials, potentialsOf } from '../../transport/hostPotentials.js';
import { iterateToTolerance } from '../../transport/iterate.js';
import { jumpsIn } from '../../transport/jumps.js';
import { DEFAULT_TOLERANCE } from '../../transport/options.js';
import { selfProblem } from '../../transport/problem.js';
import { LAST_DIGIT, ROUNDINGS } from '../../transport/rounding.js';
import { convergeSelf, zeroPotential } from '../../transport/selfPotential.js';
import { slownessAlong } from '../../transport/slownessAlong.js';
import { FROZEN } from '../../transport/sweepErrors.js';
import { readSolution, uploadIterates } from '../../transport/transfer.js';

/** What is known of a problem on a device: lengths and costs there are in its units. */
export interface OnDevice {
  readonly geometry: Geometry;
  /** Where it keeps costs, if it does. */
  readonly memory?: CostMemory;
  readonly x: DeviceWeights;
  readonly y: DeviceWeights;
  readonly units: Pick<Units, 'energy' | 'length'>;
  /** The temperatures of the annealing. */
  readonly epsilons: readonly number[];
  /** A bound on the costs; 0 where there is none to go by. */
  readonly costScale: number;
}

/** Transport with any penalties over any geometry, solved until its duality gap says that it is as accurate as was asked. */
export interface CertifiedProblem {
  readonly pair: WeightsPair;
  on(space: Workspace): Task<OnDevice>;
  readonly penalty: Readonly<Record<Side, PenaltyIn>>;
  readonly debias: boolean;
  /** Whether the plan is a gradient that is wanted: its error in L1, over its mass, counts as one then. */
  readonly wantsPlan?: boolean;
  /** Whether both measures are one, so that what is debiased is 0. */
  readonly isSame: boolean;
  /** The side that is updated first. */
  readonly first: Side;
  /** The marginal error to reach, where it was named; else `accuracy` says when to stop. */
  readonly tolerance?: number;
  readonly accuracy: number;
  readonly maxIterations: number;
  /** How steep costs are in a point, at most, in the input's units; absent where nobody knows. */
  readonly steepest?: number;
  /** How far slopes of a row's pairs are from their mean, about; absent where nobody knows. */
  readonly spread?: number;
}

/** The marginal errors that are tried for one after the other, the first one in the backend's own precision. */
const TOLERANCES = [DEFAULT_TOLERANCE, 1e-6, 1e-9, 1e-12];
/** Where float64 is not available there is nothing to gain beyond. */
const FLOAT32_TOLERANCES = [DEFAULT_TOLERANCE, 1e-5];
/**
 * The share of all sweeps that may go by in float32 before float64 takes over: where its rounding is more than the first tolerance, none of
 * them helps. Raising it leaves less for float64 there. Chosen, not measured.
 */
const COARSE_SHARE = 1 / 4;
/** Where nobody knows how steep costs are: so many times as steep as they are on average at some point. A guess, told as an estimate. */
const STEEPER = 4;
/**
 * Potentials are taken to be so many times what the last update changed from their solution: in float32 alone, and in float64, where updates
 * go on until nothing changes and so the slowest count, which leave .999 of an error each. Chosen, not measured.
 */
const CHANGES = { float32: 16, float64: 1000 } as const;

/** A solve, with the gradients in weights of all points, and the gradients in points of the sides that were wanted. */
export type CertifiedResult = Omit<SinkhornResult, 'gradients'> & {
  readonly gradients: HostGradients;
  readonly weightGradients: Readonly<Record<Side, Float64Array>>;
  /** The mass that the plan moves, [B]. */
  readonly masses: Float64Array;
};

/**
 * Solves until the result is accurate, first as the backend does and then in float64 where it can.
 *
 * @param remaining - How far the potentials of the start are from their solution, in temperatures, where a solver told it.
 */
export function* solveByGap(
  backend: Backend,
  problem: CertifiedProblem,
  wrt: readonly Side[],
  start?: HostPotentials,
  remaining?: number,
): Task<CertifiedResult> {
  const { tolerance, accuracy, maxIterations } = problem;
  const finest = backend.inFloat64 ?? backend;
  const byPrecision = finest.precision === 'float64' ? TOLERANCES : FLOAT32_TOLERANCES;
  const named =
    tolerance !== undefined && (finest === backend ? [tolerance] : [Math.max(tolerance, DEFAULT_TOLERANCE), tolerance]);
  const tolerances = named || byPrecision;
  const run = (device: Backend, next: number, left: number, from?: HostPotentials) =>
    attempt(device, problem, { tolerance: next, maxIterations: left }, wrt, from, remaining);
  const first = Math.ceil(maxIterations * (finest === backend ? 1 : COARSE_SHARE));
  let best = yield* run(backend, tolerances[0], first, start);
  let device = backend;
  for (const next of tolerances.slice(1)) {
    const isEnough = device === finest && (tolerance !== undefined || worst(best) <= accuracy);
    if (isEnough || best.iterations >= maxIterations) break;
    const found = yield* run(finest, next, maxIterations - best.iterations, best.iterates);
    const isBetter = device !== finest || worst(found) <= worst(best);
    best = {
      ...(isBetter ? found : best),
      iterations: best.iterations + found.iterations,
      reductions: best.reductions + found.reductions,
      epsilons: best.epsilons,
    };
    device = finest;
  }
  return best;
}

const worst = ({ errors }: CertifiedResult) => Math.max(errors.value, errors.gradient);

function* attempt(
  backend: Backend,
  {
    pair,
    on,
    penalty: penaltyIn,
    debias,
    isSame,
    first,
    steepest,
    spread: slopeSpread = 0,
    wantsPlan,
  }: CertifiedProblem,
  stopping: { readonly tolerance: number; readonly maxIterations: number },
  wrt: readonly Side[],
  start?: HostPotentials,
  remaining?: number,
): Task<CertifiedResult> {
  const space = workspace(backend);
  try {
    const { units, epsilons: all, costScale, memory, ...device } = yield* on(space);
    const { energy, length: unit } = units;
    const penalty = bySide((side) => penaltyIn[side](energy, backend.precision));
    const problem: GapProblem = { space, ...device, penalty };
    const isBalanced = penalty.x.balanced && penalty.y.balanced;
    if (isBalanced) checkEqualMasses(pair, 'set normalize: true, or a penalty on one side at least');
    checkRanges(pair, penalty);
    const from = start && uploadIterates(space, pair, start, units);
    const epsilons = from ? all.slice(-1) : all;
    const epsilon = epsilons[epsilons.length - 1];
    const until = { ...stopping, costScale, jumps: jumpsIn(problem, costScale) };

    const solveSelf = (side: Side) => {
      const own = selfProblem(problem, side);
      return convergeSelf(own, from?.self[side] ?? zeroPotential(own, 'x'), epsilon, until);
    };
    const own = debias ? [yield* solveSelf('x'), yield* solveSelf('y')] : [];
    const crossed = yield* iterateToTolerance(problem, epsilons, from?.cross, first, until);
    const iterates = { cross: crossed.potentials, self: { x: own[0]?.potential, y: own[1]?.potential } };
    // What sweeps extrapolate may be where the dual has no value: an update is not.
    const final = yield* finalUpdate(problem, iterates, epsilon, []);
    const sides = yield* measurePotentials(problem, final, epsilon, wrt);
    const read = yield* readSolution(backend, iterates, final, units);
    const found = isBalanced ? yield* balanced(pair, { reach: INFINITE }, read) : read;

    const spreads = [sides.x, sides.y].map(({ cross }) => spread(cross.potential));
    // A translation of both potentials is nothing where marginals are held on both sides, and costs mass elsewhere.
    const sizes = isBalanced ? [] : [sides.x, sides.y].map(({ cross }) => size(cross.potential));
    const range = Math.max(costScale, ...spreads, ...sizes, epsilon);
    const digits = ROUNDINGS * LAST_DIGIT[backend.precision];
    const rounding = digits * (range + epsilon);
    const { values, gaps, planErrors, masses } = certifiedValue(problem, pair, sides, epsilon, 2 * range, rounding);
    const weightGradients = bySide((side) => {
      const othersMass = pair[other(side)].masses;
      const terms = dualTermsOf(penalty[side], sides[side], epsilon);
      const more = (index: number) =>
        debias || isBalanced ? 0 : epsilon * (othersMass[Math.floor(index / pair[side].count)] - 1);
      return terms.map((term, index) => (isSame && debias ? 0 : energy * (term + more(index))));
    });
    const gradients: { [S in Side]?: HostGradient } = {};
    const pinned = rounding / Math.min(epsilon, range);
    // Rounding of marginals makes the bound a root of it: what one more update changes tells more where float32 is all there is, and where
    // nothing changes any more.
    const changed = (['x', 'y'] as const).map((side) => nextChange(penalty[side], pair[side], sides[side], epsilon));
    const change = CHANGES[backend.precision] * Math.max(...changed);
    const along = slownessAlong(penalty, pair, { x: sides.x.cross.potential, y: sides.y.cross.potential }, epsilon);
    const slowest = Math.max(1, ...own.map(({ further = 1 }) => further));
    // The side that was updated last shows no change of its own: what one of both lacks the other one does.
    const changes = Math.max(...(['x', 'y'] as const).map((side) => potentialChanges(found, side, energy * epsilon)));
    // Where updates change nothing any more at a small temperature, parts may be left that no mass links, and that no penalty holds.
    const isFrozen = along === 1 && count(pair) > 1 && costScale > FROZEN * epsilon && changes < pinned;
    const slowly = CHANGES.float32 * slowest * changes;
    /** How far potentials are from their solution, in temperatures. */
    const lacking =
      remaining !== undefined
        ? remaining + slowly
        : isFrozen
          ? Number.POSITIVE_INFINITY
          : Math.max(Math.max(CHANGES[backend.precision], along) * changes, slowly);
    let [gradientError, weightsError] = [0, 0];
    for (const side of wrt) {
      const { cross, self } = sides[side];
      const { weights, masses } = pair[side];
      if (cross.slopes) {
        const size = cross.slopes.length / weights.length;
        const points = cross.slopes.map((slope, k) =>
          isSame && debias ? 0 : (energy / unit) * (slope - (self?.slopes?.[k] ?? 0)),
        );
        gradients[side] = { points, weights: weightGradients[side] };
        const steep = steepest ?? (STEEPER * energy * steepestMean(cross.slopes, weights, size)) / unit;
        const errors = planErrors[side].map((error, element) => steep * (error + pinned * masses[element]));
        const least = FLOOR * steep * norm(weights) || 0;
        const length = norm(points);
        // Masses of pairs are off by so much of themselves: what a point is pulled by is off by as much, and by how far its pulls differ.
        const pull = (of?: typeof cross) => {
          if (!of?.slopes) return 0;
          const masses = weights.map((weight, i) => weight * of.shares[i]);
          return (energy / unit) * norm(of.slopes) + norm(masses) * slopeSpread;
        };
        const guess = (change + pinned) * (pull(cross) + pull(self));
        gradientError = Math.max(gradientError, relativeError(Math.min(norm(errors), guess), length, least));
      }
    }
    for (const side of wantsPlan ? (['x', 'y'] as const) : wrt) {
      const { count, batch } = pair[side];
      const off = Math.sqrt(count) * energy * Math.min(2 * range, along * rounding + epsilon * lacking);
      const slopes = isBalanced ? centred(weightGradients[side], batch) : weightGradients[side];
      weightsError = Math.max(
        weightsError,
        relativeError(off, norm(slopes), Math.sqrt(count) * FLOOR * energy * range) + digits,
      );
    }
    if (wantsPlan) {
      const inPlan = planErrors.x.map((error, element) => error / Math.max(masses[element], Number.MIN_VALUE) + pinned);
      gradientError = Math.max(gradientError, Math.min(Math.max(...inPlan), change + pinned));
    }
    const mass = Math.max(...pair.x.masses, ...pair.y.masses);
    const floor = FLOOR * range * mass;
    const valueError = Math.max(
      ...values.map((value, element) => relativeError(gaps[element] + mass * rounding, value, floor) + digits),
    );
    const told: SolveErrors = {
      value: valueError,
      gradient: gradientError,
      weights: weightsError,
      floor: energy * floor,
    };
    const marginalError = Math.max(crossed.marginalError, ...own.map((each) => each.marginalError));
    return {
      values: values.map((value) => (isSame && debias ? 0 : energy * value)),
      potentials: found.potentials,
      iterates: found.iterates,
      gradients,
      weightGradients,
      masses,
      iterations: crossed.iterations + (from ? 0 : epsilons.length),
      reductions: space.reductions,
      costMemory: memory?.used,
      epsilons: epsilons.map((value) => energy * value),
      marginalError,
      converged: [crossed, ...own].every(({ converged }) => converged),
      method: 'alternating',
      errors: isSame && debias ? errorsOfNothing(told) : told,
    };
  } finally {
    space.releaseAll();
  }
}

const INFINITE = { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY };

/** @throws InvalidMeasureError where ranges of shares leave no plan. */
function checkRanges(pair: WeightsPair, { x, y }: GapProblem['penalty']): void {
  pair.x.masses.forEach((mass, element) => {
    const against = pair.y.masses[element];
    // Rounding of equal masses is looked at where both are held.
    if (x.balanced && y.balanced) return;
    const reaches = (least: number, most: number) => least <= most * (1 + MASS_TOLERANCE);
    if (reaches(x.least * mass, y.most * against) && reaches(y.least * against, x.most * mass)) return;
    throw new InvalidMeasureError(
      `${pair.x.name} has mass ${toldMass(mass)} and ${pair.y.name} has mass ${toldMass(against)}: no ${x.least} to ${x.most} of the one is ${y.least} to ${y.most} of the other; widen a range`,
    );
  });
}

const count = ({ x, y }: WeightsPair): number => Math.min(x.count, y.count);

const size = (potential: Float64Array): number => potential.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function spread(potential: Float64Array): number {
  const high = potential.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return high - potential.reduce((least, value) => Math.min(least, value), high);
}

/** The longest gradient of a point over its weight. */
function steepestMean(slopes: Float64Array, weights: Float64Array, size: number): number {
  let longest = 0;
  for (const [i, weight] of weights.entries()) {
    if (weight > 0) longest = Math.max(longest, norm(slopes.subarray(i * size, (i + 1) * size)) / weight);
  }
  return longest;
}

/** The largest change of a side's potentials in the last update, over the temperature. */
function potentialChanges({ iterates, potentials }: FoundPotentials, side: Side, unit: number): number {
  const [before, after] = [potentialsOf(iterates, side), potentialsOf(potentials, side)];
  let largest = 0;
  for (const problem of ['cross', 'self'] as const) {
    after[problem]?.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - (before[problem]?.[i] ?? value)));
    });
  }
  return largest / unit;
}

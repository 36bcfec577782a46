import type { Backend } from '../../backend/backend.js';
import { type Workspace, workspace } from '../../backend/workspace.js';
import { InvalidMeasureError } from '../../errors.js';
import type { Geometry } from '../../geometry/geometry.js';
import type { CostMemory } from '../../geometry/pairwise/keptCosts.js';
import type { PenaltyIn } from '../../marginal/penaltyOptions.js';
import type { DeviceWeights } from '../../measure/deviceMeasure.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import { checkEqualMasses, MASS_TOLERANCE, toldMass, type WeightsPair } from '../../measure/pair.js';
import { bySide, other, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { balanced } from '../../transport/balancedPotentials.js';
import type { Units } from '../../transport/context.js';
import { certifiedValue, dualTermsOf, type GapProblem, measurePotentials } from '../../transport/dualityGap.js';
import type { SinkhornResult } from '../../transport/dualSolver.js';
import { errorsOfNothing } from '../../transport/errors.js';
import { finalUpdate } from '../../transport/finalUpdate.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import { type Iterates, iterateToTolerance } from '../../transport/iterate.js';
import { jumpsIn } from '../../transport/jumps.js';
import { DEFAULT_TOLERANCE } from '../../transport/options.js';
import { selfProblem } from '../../transport/problem.js';
import { LAST_DIGIT, ROUNDINGS } from '../../transport/rounding.js';
import { convergeSelf, zeroPotential } from '../../transport/selfPotential.js';
import type { SlopeRoundings } from '../../transport/slopeRoundings.js';
import { readSolution, uploadIterates } from '../../transport/transfer.js';
import { gapErrors, type Slopes } from './gapErrors.js';

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
  /** What rounded coordinates leave unknown of gradients in points, where that may be much. */
  slopeRoundings?(
    problem: GapProblem,
    epsilon: number,
    iterates: Iterates,
    wrt: readonly Side[],
    price?: number,
  ): Task<SlopeRoundings>;
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
  readonly slopes?: Slopes;
  /** Whether points lie in parts that hardly exchange mass, where somebody knows. */
  readonly isInParts?: () => boolean;
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
  { pair, on, penalty: penaltyIn, debias, isSame, first, slopes, isInParts, wantsPlan }: CertifiedProblem,
  stopping: { readonly tolerance: number; readonly maxIterations: number },
  wrt: readonly Side[],
  start?: HostPotentials,
  remaining?: number,
): Task<CertifiedResult> {
  const space = workspace(backend);
  try {
    const { units, epsilons: all, costScale, memory, slopeRoundings, ...device } = yield* on(space);
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
    const rounded = slopeRoundings && (yield* slopeRoundings(problem, epsilon, iterates, wrt));
    const read = yield* readSolution(backend, iterates, final, units);
    const found = isBalanced ? yield* balanced(pair, { reach: INFINITE }, read) : read;

    const spreads = [sides.x, sides.y].map(({ cross }) => spread(cross.potential));
    // A translation of both potentials is nothing where marginals are held on both sides, and costs mass elsewhere.
    const sizes = isBalanced ? [] : [sides.x, sides.y].map(({ cross }) => size(cross.potential));
    const range = Math.max(costScale, ...spreads, ...sizes, epsilon);
    const rounding = ROUNDINGS * LAST_DIGIT[backend.precision] * (range + epsilon);
    const certified = certifiedValue(problem, pair, sides, epsilon, 2 * range, rounding);
    const { values, masses } = certified;
    const weightGradients = bySide((side) => {
      const othersMass = pair[other(side)].masses;
      const terms = dualTermsOf(penalty[side], sides[side], epsilon);
      const more = (index: number) =>
        debias || isBalanced ? 0 : epsilon * (othersMass[Math.floor(index / pair[side].count)] - 1);
      return terms.map((term, index) => (isSame && debias ? 0 : energy * (term + more(index))));
    });
    const gradients: { [S in Side]?: HostGradient } = {};
    const points: { [S in Side]?: Float64Array } = {};
    for (const side of wrt) {
      const { cross, self } = sides[side];
      if (!cross.slopes) continue;
      points[side] = cross.slopes.map((slope, k) =>
        isSame && debias ? 0 : (energy / unit) * (slope - (self?.slopes?.[k] ?? 0)),
      );
      gradients[side] = { points: points[side], weights: weightGradients[side] };
    }
    const slowest = Math.max(1, ...own.map(({ further = 1 }) => further));
    const told = gapErrors(
      {
        pair,
        penalty,
        units,
        epsilon,
        costScale,
        precision: backend.precision,
        sides,
        found,
        certified,
        points,
        rounded,
        weightGradients,
        slowest,
        remaining,
        isInParts,
        range,
        rounding,
      },
      { wrt, plan: wantsPlan },
      slopes,
    );
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

const size = (potential: Float64Array): number => potential.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function spread(potential: Float64Array): number {
  const high = potential.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return high - potential.reduce((least, value) => Math.min(least, value), high);
}

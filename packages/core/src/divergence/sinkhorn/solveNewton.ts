import { UnsupportedError } from '../../errors.js';
import { diameter } from '../../measure/frame.js';
import { compareContent, type MeasurePair } from '../../measure/pair.js';
import { bySide, other, type Side } from '../../measure/side.js';
import { findAsymmetry } from '../../measure/symmetry.js';
import type { Task } from '../../tasks/task.js';
import { balanced } from '../../transport/balancedPotentials.js';
import { checkProblem } from '../../transport/checkProblem.js';
import { penalties, strengths, temperaturesIn } from '../../transport/context.js';
import type { SinkhornResult, SinkhornStart } from '../../transport/dualSolver.js';
import { errorsOfNothing, type SolveErrors, worstErrors } from '../../transport/errors.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import {
  annealedNewton,
  COMPLETE_PAIRS,
  type NewtonResult,
  type Remaining,
} from '../../transport/newton/annealedNewton.js';
import { type FinalRows, finalRows } from '../../transport/newton/finalRows.js';
import { costScaleOf, elementOf, picked } from '../../transport/newton/hostElement.js';
import type { HostProblem } from '../../transport/newton/hostProblem.js';
import { type HostPoints, kept, type PairCosts, pairCosts } from '../../transport/newton/pairCosts.js';
import { allPairs } from '../../transport/newton/pairs.js';
import { rowPass, rowPassChunked, WIDE } from '../../transport/newton/rowPass.js';
import { sampleStart } from '../../transport/newton/sampleStart.js';
import { selfUpdates } from '../../transport/newton/selfUpdates.js';
import { defectOf } from '../../transport/newton/settle.js';
import { solveErrors } from '../../transport/newton/solveErrors.js';
import { DEFAULT_TOLERANCE, type SinkhornOptions } from '../../transport/options.js';
import { sinkhornValue, weightGradient } from '../../transport/value.js';
import { better, isEnough } from './better.js';

/**
 * The relative marginal error that a solve on the host comes to unless it is asked for less: next to nothing, and ten thousand roundings.
 * Raising it saves about a Newton step, which doubles the digits.
 */
const TARGET = 1e-12;
/**
 * Passes of a warm start at its first temperature: where they do not settle it, the solve starts cold. Raising it gives slow starts more
 * time, and costs that much where they are given up. Found by trial on 20 to 200 points, of 8, 12, 16 and 24; no benchmark holds it.
 */
const MOST_WARM_PASSES = 8;
/**
 * Updates on both sides at a wide blur: each leaves less than a tenth of the error there. Raising it costs passes over all pairs. Chosen,
 * not measured.
 */
const POLISHING_UPDATES = 4;
/**
 * The marginal error, a share of the mass, at which a warm start is taken up: at the lowest temperature that a bisection finds where it is
 * no larger. Raising it starts lower, where some starts settle slowly. Found by trial on 13 to 200 points, of 0.05 to 0.5; no benchmark
 * holds it.
 */
const USEFUL_START = 0.1;

/**
 * Solves entropic transport on the host in float64, by Newton's method where alternating updates are slow: for problems that are too
 * small for a device, and for blurs that are too small for sweeps.
 *
 * @returns undefined where the measures are large and nearly all of their pairs count.
 */
export function* solveNewton(
  pair: MeasurePair,
  options: SinkhornOptions,
  start: SinkhornStart = {},
): Task<SinkhornResult | undefined> {
  const found = yield* solveFrom(pair, options, start);
  if (!found || !start.iterates || isEnough(found, options)) return found;
  // A start that leads astray, as where mass of one far point stands at the wrong ones, is no reason to end there.
  const anew = yield* solveFrom(pair, options, { selfY: start.selfY });
  return anew && better(found, anew);
}

function* solveFrom(
  pair: MeasurePair,
  options: SinkhornOptions,
  start: SinkhornStart,
): Task<SinkhornResult | undefined> {
  checkProblem(pair, options);
  const rho = strengths(options);
  const isBalanced = rho.x === Number.POSITIVE_INFINITY && rho.y === Number.POSITIVE_INFINITY;
  const order = compareContent(pair.x, pair.y);
  const isSame =
    order === 0 && rho.x === rho.y && (options.homogeneous || findAsymmetry(options.cost, pair) === undefined);
  const context: Context = {
    pair,
    options,
    rho,
    isBalanced,
    first: order <= 0 ? 'x' : 'y',
    isSame,
    longest: diameter([pair.x, pair.y]),
    target: Math.min(options.tolerance ?? DEFAULT_TOLERANCE, TARGET),
    maxIterations: options.maxIterations,
  };
  const solved: Solved[] = [];
  for (let element = 0; element < pair.x.batch; element++) {
    const one = yield* solveElement(context, element, start);
    if (!one) return undefined;
    solved.push(one);
  }
  return yield* collect(context, solved, start);
}

/** The same where nothing else is wanted. @throws UnsupportedError where it is no method for the problem. */
export function* solveOnlyNewton(
  pair: MeasurePair,
  options: SinkhornOptions,
  start: SinkhornStart = {},
): Task<SinkhornResult> {
  const result = yield* solveNewton(pair, options, start);
  if (result) return result;
  throw new UnsupportedError(
    "method 'newton' is not for this: nearly all pairs count at this blur; use 'auto' or 'alternating'",
  );
}

interface Context {
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly rho: Readonly<Record<Side, number>>;
  readonly isBalanced: boolean;
  /** The side whose potential is eliminated, chosen by content: (x, y) and (y, x) take the same steps. */
  readonly first: Side;
  readonly isSame: boolean;
  /** The diagonal of the bounding box. */
  readonly longest: number;
  readonly target: number;
  readonly maxIterations: number;
}

/** The potentials of an element, at all points, with what else is known of it. */
interface Solved {
  readonly iterates: Readonly<Record<Side, { readonly cross: Float64Array; readonly self?: Float64Array }>>;
  readonly final: Readonly<Record<Side, { readonly cross: FinalRows; readonly self?: FinalRows }>>;
  readonly selves: { readonly [S in Side]?: SelfUpdates };
  readonly marginalError: number;
  /** That of the transport from x to y, and that of the self problems. */
  readonly crossError: number;
  readonly selfError: number;
  readonly steps: number;
  readonly passes: number;
  readonly costScale: number;
  readonly remaining: Remaining;
}

function* solveElement(context: Context, element: number, start: SinkhornStart): Task<Solved | undefined> {
  const { pair, options, rho, isBalanced, first } = context;
  const { cost, homogeneous, p, debias } = options;
  const epsilon = options.blur ** p;
  const power = homogeneous ? (p as 1 | 2) : undefined;
  const sides = bySide((side) => elementOf(pair[side], element, rho[side], isBalanced));
  const { dimension } = pair.x;
  const costsBetween = (rows: HostPoints, columns: HostPoints, rowSide: Side) =>
    pairCosts({ cost, power }, rows, columns, dimension, rowSide === 'y');
  // Fewer pairs are all stored with their costs as they are.
  const keptCosts = (costs: PairCosts) => (costs.rows * costs.columns > COMPLETE_PAIRS ? kept(costs) : costs);
  const second = other(first);
  const crossCosts = keptCosts(costsBetween(sides[first].supportPoints, sides[second].supportPoints, first));
  const costScale = costScaleOf(crossCosts, homogeneous ? [pair.x, pair.y] : undefined, p);
  const problem: HostProblem = { costs: crossCosts, x: sides[first].side, y: sides[second].side, costScale };

  const selfStart = (side: Side): Float64Array => {
    const warmStart = side === 'x' ? start.iterates?.f_aa : (start.selfY?.iterate ?? start.iterates?.g_bb);
    return warmStart ? fromResult(warmStart, side) : new Float64Array(sides[side].support.length);
  };
  const selfOf = function* (side: Side) {
    const { supportPoints, side: measure } = sides[side];
    const costs = keptCosts(costsBetween(supportPoints, supportPoints, 'x'));
    return yield* selfUpdates({ costs, x: measure, y: measure, costScale }, epsilon, selfStart(side), context);
  };
  // The cross problem goes first: where it is given up, nothing else has been done.
  const crossFound = context.isSame ? undefined : yield* solveCross();
  if (!crossFound && !context.isSame) return undefined;
  const selves: { readonly [S in Side]?: SelfUpdates } = yield* solveSelves(context, debias, selfOf);
  const found = crossFound ?? (selves.x && asCross(selves.x));
  if (!found) return undefined;
  const crossed = epsilon > WIDE * costScale && !context.isSame ? polished(found) : found;

  const selfError = Math.max(selves.x?.marginalError ?? 0, selves.y?.marginalError ?? 0);
  const supported = { [first]: crossed.f, [second]: crossed.g } as Record<Side, Float64Array>;
  const missing = { [first]: crossed.remaining.f, [second]: crossed.remaining.g } as Record<Side, Float64Array>;
  const finish = function* (
    side: Side,
    over: Side,
    potential: Float64Array,
    left: Float64Array,
    part: number,
  ): Task<FinalRows> {
    return yield* finalRows(
      {
        costs: costsBetween(sides[side].points, sides[over].supportPoints, side === over ? 'x' : side),
        rows: { weights: sides[side].weights, rho: rho[side] },
        columns: sides[over].side,
        g: potential,
        missing: left,
        epsilon,
        costScale,
      },
      (share) => ({ stage: 'final update', epsilon, share: (part + share) / (debias ? 4 : 2) }),
    );
  };
  const crossX = yield* finish('x', 'y', supported.y, missing.y, 0);
  const crossY = yield* finish('y', 'x', supported.x, missing.x, 1);
  const selfX = selves.x && debias ? yield* finish('x', 'x', selves.x.f, selves.x.missing, 2) : undefined;
  const selfY = selves.y && debias ? yield* finish('y', 'y', selves.y.f, selves.y.missing, 3) : undefined;
  return {
    iterates: {
      x: { cross: everywhere('x', supported.x, crossX), self: selfX && selves.x && everywhere('x', selves.x.f, selfX) },
      y: { cross: everywhere('y', supported.y, crossY), self: selfY && selves.y && everywhere('y', selves.y.f, selfY) },
    },
    final: { x: { cross: crossX, self: selfX }, y: { cross: crossY, self: selfY } },
    selves,
    marginalError: Math.max(crossed.marginalError, selfError),
    crossError: crossed.marginalError,
    selfError,
    steps: crossed.steps,
    passes: crossed.passes + (selves.x?.passes ?? 0) + (selves.y?.passes ?? 0) + (debias ? 4 : 2),
    costScale,
    remaining: crossed.remaining,
  };

  /**
   * What columns receive has as many digits as its logarithm times the temperature loses: at a wide blur a few updates by softmins on
   * both sides give them back.
   */
  function polished(result: NewtonResult): NewtonResult {
    const back: HostProblem = {
      costs: costsBetween(sides[second].supportPoints, sides[first].supportPoints, second),
      x: problem.y,
      y: problem.x,
      costScale,
    };
    let { f, g } = result;
    for (let update = 0; update < POLISHING_UPDATES; update++) {
      g = rowPass({ problem: back, pairs: allPairs(back), g: f, epsilon }).f;
      f = rowPass({ problem, pairs: allPairs(problem), g, epsilon }).f;
    }
    return { ...result, f, g, passes: result.passes + 2 * POLISHING_UPDATES };
  }

  /** A potential at the points with mass, out of one of an earlier result. */
  function fromResult(values: Float64Array, side: Side): Float64Array {
    const { count, masses } = pair[side];
    const shift = isBalanced ? (epsilon / 2) * Math.log(masses[element]) : 0;
    return picked(values.subarray(element * count, (element + 1) * count), sides[side].support, 1).map(
      (f) => f + shift,
    );
  }

  /** Iterates at the points with mass; at the others what an update gives. */
  function everywhere(side: Side, iterate: Float64Array, { potential }: FinalRows): Float64Array {
    const values = potential.slice();
    sides[side].support.forEach((i, k) => {
      values[i] = iterate[k];
    });
    return values;
  }

  function* solveCross(): Task<NewtonResult | undefined> {
    const { epsilons } = temperaturesIn({ length: 1 }, options.diameter ?? context.longest, options);
    const warmStart = second === 'x' ? start.iterates?.f_ba : start.iterates?.g_ab;
    if (!warmStart) return yield* cold(epsilons);
    const g = fromResult(warmStart, second);
    const left = start.epsilons ?? [epsilon];
    const all = [...epsilons.filter((value) => value > left[0]), ...left];
    // Where points have moved further than the temperature sees, a higher one is returned to: the first in a bisection that is at ease.
    let [from, end, passes] = [all.length - left.length, all.length - left.length, 0];
    for (let first = 0; first <= end; from = (first + end) >> 1) {
      const pass = yield* rowPassChunked({ problem, pairs: allPairs(problem), g, epsilon: all[from] });
      passes += 1;
      if (defectOf(problem, pass, g).marginalError > USEFUL_START) end = from - 1;
      else first = from + 1;
    }
    const stopping = { ...context, mostFirstPasses: MOST_WARM_PASSES };
    const result = end < 0 ? undefined : yield* annealedNewton(problem, all.slice(end), g, stopping);
    if (result && !result.isSlow) return { ...result, passes: result.passes + passes };
    const anew = yield* cold(all);
    return anew && { ...anew, passes: passes + (result?.passes ?? 0) + anew.passes };
  }

  /** From nothing: of many points a sample goes through the high temperatures. */
  function* cold(epsilons: readonly number[]): Task<NewtonResult | undefined> {
    const { rows, columns } = problem.costs;
    if (rows * columns <= COMPLETE_PAIRS) {
      return yield* annealedNewton(problem, epsilons, new Float64Array(columns), context);
    }
    const sampled = {
      problem,
      rows: sides[first].supportPoints,
      columns: sides[second].supportPoints,
      costsBetween: (from: HostPoints, to: HostPoints) => costsBetween(from, to, first),
      costsBack: (from: HostPoints, to: HostPoints) => costsBetween(from, to, second),
    };
    const start = yield* sampleStart(sampled, epsilons, context);
    if (!start) return undefined;
    const found = yield* annealedNewton(problem, epsilons.slice(start.first), start.g, context);
    return found && { ...found, passes: found.passes + Math.ceil(start.passes) };
  }
}

type SelfUpdates = ReturnType<typeof selfUpdates> extends Generator<unknown, infer Result, unknown> ? Result : never;

function* solveSelves(
  { isSame }: Context,
  debias: boolean,
  solve: (side: Side) => Task<SelfUpdates>,
): Task<{ readonly [S in Side]?: SelfUpdates }> {
  if (!debias && !isSame) return {};
  const x = yield* solve('x');
  return { x, y: isSame ? x : yield* solve('y') };
}

/** Against itself a measure's cross potentials are its self potentials: the divergence is 0 to the last bit. */
const asCross = ({ f, missing, marginalError }: SelfUpdates): NewtonResult => ({
  f,
  g: f,
  marginalError,
  steps: 0,
  passes: 0,
  listPairs: 0,
  remaining: { value: 0, potentials: 0, f: missing, g: missing },
});

/** Puts the elements of a batch together, in the units of the input. */
function* collect(
  { pair, options, rho, isBalanced, isSame, longest }: Context,
  solved: readonly Solved[],
  start: SinkhornStart,
): Task<SinkhornResult> {
  const epsilon = options.blur ** options.p;
  const joined = (side: Side, of: (one: Solved) => Float64Array | undefined): Float64Array | undefined => {
    const parts = solved.map(of);
    if (parts.some((part) => part === undefined)) return undefined;
    const { count } = pair[side];
    const result = new Float64Array(count * solved.length);
    for (const [element, part] of parts.entries()) result.set(part as Float64Array, element * count);
    return result;
  };
  const potentialsOf = (of: (one: Solved, side: Side, problem: 'cross' | 'self') => Float64Array | undefined) => {
    const f_ba = joined('x', (one) => of(one, 'x', 'cross'));
    const g_ab = joined('y', (one) => of(one, 'y', 'cross'));
    if (!f_ba || !g_ab) throw new Error('there is no potential of the cross problem');
    return {
      f_ba,
      g_ab,
      f_aa: joined('x', (one) => of(one, 'x', 'self')),
      g_bb: joined('y', (one) => of(one, 'y', 'self')),
    } satisfies HostPotentials;
  };
  const inShares = yield* balanced(pair, options, {
    potentials: potentialsOf((one, side, problem) => one.final[side][problem]?.potential),
    iterates: potentialsOf((one, side, problem) => one.iterates[side][problem]),
  });
  const ofMasses = (potential: Float64Array, side: Side): Float64Array => {
    const { count, masses } = pair[side];
    return potential.map((value, k) => value - (epsilon / 2) * Math.log(masses[Math.floor(k / count)]));
  };
  const [potentials, iterates] = [inShares.potentials, inShares.iterates].map(
    ({ f_ba, g_ab, f_aa, g_bb }): HostPotentials =>
      isBalanced
        ? {
            f_ba: ofMasses(f_ba, 'x'),
            g_ab: ofMasses(g_ab, 'y'),
            f_aa: f_aa && ofMasses(f_aa, 'x'),
            g_bb: g_bb && ofMasses(g_bb, 'y'),
          }
        : { f_ba, g_ab, f_aa, g_bb },
  );
  // What masses add to all potentials cancels between them, and at a wide blur it would take their digits along.
  const exact = options.debias ? inShares : { potentials, iterates };
  const slopes = bySide((side) => {
    const { count, dimension, masses } = pair[side];
    const result = new Float64Array(solved.length * count * dimension);
    for (const [element, { final }] of solved.entries()) {
      const mass = isBalanced ? masses[element] : 1;
      const { cross, self } = final[side];
      for (let k = 0; k < count * dimension; k++) {
        result[element * count * dimension + k] = mass * (cross.slopes[k] - (self ? self.slopes[k] : 0));
      }
    }
    return result;
  });
  // What masses differ by, no plan can make up for.
  const unequal = (element: number) => (isBalanced ? Math.abs(pair.x.masses[element] / pair.y.masses[element] - 1) : 0);
  const marginalError = Math.max(...solved.map((one, element) => Math.max(one.marginalError, unequal(element))));
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
  const { epsilons } = temperaturesIn({ length: 1 }, options.diameter ?? diameter([pair.x, pair.y]), options);
  const values = yield* sinkhornValue(pair, exact.potentials, epsilon, penalties(options), exact.iterates);
  const slopesOf = (side: Side) => weightGradient(pair, side, exact.potentials, epsilon, penalties(options));
  const weightSlopes = { x: yield* slopesOf('x'), y: yield* slopesOf('y') };
  const errors = worstErrors(solved.map((one, element) => errorsOf(one, element)));
  return {
    values,
    potentials,
    iterates,
    gradients: bySide((side) => ({ points: slopes[side], weights: weightSlopes[side] })),
    iterations: Math.max(...solved.map(({ steps }) => steps)),
    reductions: solved.reduce((total, { passes }) => total + passes, 0),
    epsilons: start.iterates ? [epsilon] : epsilons,
    marginalError,
    converged: marginalError <= tolerance,
    method: 'newton',
    errors: isSame && options.debias ? errorsOfNothing(errors) : errors,
  };

  function errorsOf(
    { final, selves, costScale, remaining, crossError, selfError }: Solved,
    element: number,
  ): SolveErrors {
    return solveErrors({
      value: values[element],
      epsilon,
      costScale,
      longest,
      crossError,
      selfError,
      remaining,
      sides: bySide((side) => {
        const { weights, masses, count, dimension } = pair[side];
        return {
          weights: weights.subarray(element * count, (element + 1) * count),
          rho: rho[side],
          ...final[side],
          selfMissing: selves[side]?.missing,
          unit: isBalanced ? masses[element] : 1,
          pointSlopes: slopes[side].subarray(element * count * dimension, (element + 1) * count * dimension),
          weightSlopes: weightSlopes[side].subarray(element * count, (element + 1) * count),
        };
      }),
    });
  }
}

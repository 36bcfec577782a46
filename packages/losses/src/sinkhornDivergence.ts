import { type Cost, formula, InvalidOptionError, type KeepCosts, type PenaltyOption } from '@sinkhorn/core';
import type { MultiscaleOptions } from '@sinkhorn/core/multiscale';
import { checkBoolean, checkChoice, checkNames, checkPositive } from './checkOptions.js';
import { type Displacements, derivatives, type PotentialDerivatives, type SecondDerivatives } from './derivatives.js';
import type { Engine } from './engine.js';
import { lazyEngine, loaded } from './loaded.js';
import type { Loss } from './loss.js';
import { makeLoss, type Origin } from './makeLoss.js';
import { checkNormalize, normalized } from './normalized.js';
import { parametricLoss } from './parameters.js';
import {
  displacements,
  gridPlans,
  hessians,
  keptCosts,
  multiscalePlans,
  plans,
  potentialDerivatives,
  refinements,
  solver,
} from './parts.js';
import { type DifferentiablePlan, makePlan } from './plan.js';
import type { Method } from './sinkhorn/method.js';
import type { PrecomputedSelf } from './sinkhorn/sinkhornContext.js';
import type { Solution } from './solution.js';
import type { SinkhornSolved } from './solvedSinkhorn.js';
import { checkStrategy, type StrategyOptions } from './strategy.js';
import { TRANSPORT_DEFAULTS, type TransportOptions, transportOptions } from './transportOptions.js';
import { checkOnInaccurate } from './whenInaccurate.js';

export interface SinkhornDivergenceOptions extends Omit<TransportOptions, 'blur'>, StrategyOptions {
  /**
   * The length scale under which points are blurred, or `{ median: f }`: f times the median distance between a point of x and one of y, from
   * seeded samples, which diagnostics tell as `blur`. Default 0.05.
   */
  readonly blur?: number | { readonly median: number };
  /** The ratio of successive blurs in the annealing, between 0 and 1. Default 0.5. */
  readonly scaling?: number;
  /** The length the annealing starts from. Default: the diagonal of the bounding box of both clouds. */
  readonly diameter?: number;
  /** Whether to subtract the clouds' transport to themselves; without, it is entropic transport. Default true. */
  readonly debias?: boolean;
  /**
   * How potentials are found: 'alternating' updates on the backend, 'newton' on the host in float64, or 'auto', the default: Newton's
   * method for what is small, and where updates are slow. Diagnostics tell which.
   */
  readonly method?: Method;
  /**
   * What is paid where the plan does not take a point's mass as it is, for both sides or one a side: `{ kind, strength }` with the strength
   * in units of the cost, or `{ kind, reach }` with strength = reach^p; or `{ kind: 'partial', mass }` to move that mass alone. Default: as `reach` says. Calls throw for what is no penalty.
   */
  readonly penalty?: PenaltyOption;
  /**
   * Whether the value is a distance, (p S)^(1 / p), such as sqrt(2 S) for p = 2, with its gradients: 0 with gradients of 0 where S is 0 or
   * less. Default false: S, which is in units of the cost.
   */
  readonly root?: boolean;
  /**
   * What p = 1 measures lengths with: 'euclidean', the default, or 'manhattan', the sum of |x_d - y_d| over coordinates, which takes grids
   * along one axis after the other.
   */
  readonly metric?: 'euclidean' | 'manhattan';
  /**
   * Bytes that the costs of all pairs may take: in 16 dimensions and more, and for a `cost` of your own, backends that can (`wasm`) compute them
   * once and keep them during a solve, 16 N^2 bytes with N points a side in float32. Diagnostics tell what was kept; what does not fit is computed
   * in each pass. Default 2.56e8; 0 keeps none.
   */
  readonly costMemory?: number;
  /** The marginal error to reach. Default 1e-3. `null` runs the annealing alone, as GeomLoss does. */
  readonly tolerance?: number | null;
}

/** The dual potentials, one number a point, after the last update. */
export interface Potentials {
  /** Of the transport from x to y, at the points of x: the paper's f. */
  readonly f_ba: Float64Array;
  /** Of the transport from x to y, at the points of y: the paper's g. */
  readonly g_ab: Float64Array;
  /** Of x with itself; with debiasing only. */
  readonly f_aa?: Float64Array;
  /** Of y with itself; with debiasing only. */
  readonly g_bb?: Float64Array;
}

/** A solved Sinkhorn problem. */
export interface SinkhornSolution extends Solution, SecondDerivatives, PotentialDerivatives, Displacements {
  readonly potentials: Potentials;
  /** The transport plan from x to y: lazy, never stored. With `normalize` it is the plan of shares. */
  readonly plan: DifferentiablePlan;
}

/**
 * The Sinkhorn divergence S(a, b) = OT(a, b) - OT(a, a)/2 - OT(b, b)/2 + eps/2 (m_a - m_b)^2 (Feydy et al. 2019,
 * equation 3; unbalanced: Séjourné et al. 2019): optimal transport as blur goes to 0, a kernel norm as it goes to
 * infinity.
 *
 * Balanced by default, and then both masses must agree; with `reach` any masses do, and with `normalize` shares are compared. Values are in units of the cost,
 * lengths in those of the coordinates, eps = blur^p.
 *
 * @throws InvalidOptionError when an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const loss = sinkhornDivergence({ backend: cpu(), p: 2, blur: 0.05 });
 * const step = await loss.valueAndGradients([[0, 0]], [[3, 4]]);
 * if (step.value !== 12.5 || step.x.points[0] !== -3) throw new Error('unexpected');
 * ```
 */
export function sinkhornDivergence(options: SinkhornDivergenceOptions): Loss<SinkhornSolution> {
  checkNames('sinkhornDivergence', options, [
    'backend',
    'p',
    'cost',
    'parameters',
    'blur',
    'reach',
    'penalty',
    'root',
    'normalize',
    'scaling',
    'diameter',
    'debias',
    'tolerance',
    'maxIterations',
    'method',
    'metric',
    'costMemory',
    'strategy',
    'accuracy',
    'onInaccurate',
  ]);
  const {
    backend,
    scaling = TRANSPORT_DEFAULTS.scaling,
    debias = TRANSPORT_DEFAULTS.debias,
    diameter,
    metric = 'euclidean',
  } = options;
  if (options.parameters !== undefined) return parametricLoss('cost', options, sinkhornDivergence);
  const isByMedian = typeof options.blur === 'object';
  const isRefined = isByMedian || options.penalty !== undefined || options.root !== undefined;
  if (typeof scaling !== 'number' || !(scaling > 0 && scaling < 1)) {
    throw new InvalidOptionError(`scaling is ${scaling}: give a ratio between 0 and 1, such as 0.5`);
  }
  if (diameter !== undefined) checkPositive('diameter', diameter);
  checkBoolean('debias', debias);
  const { strategy, accuracy } = checkStrategy(options);
  const normalize = checkNormalize(options);
  const isManhattan = metric === 'manhattan';
  if (metric !== 'euclidean' && !(isManhattan && options.p === 1 && !options.cost)) {
    throw new InvalidOptionError(`metric is '${metric}': give 'euclidean', or with p: 1 'manhattan'`);
  }
  const problem: MultiscaleOptions = {
    ...transportOptions('sinkhornDivergence', {
      ...options,
      ...(isByMedian && { blur: undefined }),
      ...(isManhattan && { cost: manhattan }),
    } as TransportOptions),
    metric,
    scaling,
    diameter,
    debias,
    accuracy,
    keepCosts: keepCosts(checkCostMemory(options.costMemory), options.cost === undefined),
    ...(options.tolerance === undefined && { largestChange: accuracy }),
  };
  const method = checkMethod(options);
  const onInaccurate = checkOnInaccurate(options);
  const engineFor = (of: MultiscaleOptions): Engine<PrecomputedSelf | undefined, SinkhornSolved> => ({
    ...lazyEngine('sinkhornDivergence', onInaccurate, () =>
      loaded(solver, 'sinkhornDivergence', 'readySinkhorn', (part) =>
        part.sinkhornEngine({ backend, problem: of, wantedStrategy: strategy, method }),
      ),
    ),
    onDevice: ({ sinkhorn }, clouds, wrt) => sinkhorn(backend, clouds, of, wrt),
  });
  const engine = isRefined
    ? lazyEngine('sinkhornDivergence', onInaccurate, () =>
        loaded(refinements, 'what its options need', 'readyRefinements', (part) =>
          part.refinedEngine({ options, problem, engineFor }),
        ),
      )
    : engineFor(problem);
  const loss = makeLoss(normalize ? normalized(backend, engine) : engine, (solution, origin) =>
    extendSolution(solution, origin, normalize, options.penalty !== undefined || options.root === true),
  );
  if (options.tolerance !== undefined || method !== 'auto') return loss;
  const tolerance = TRANSPORT_DEFAULTS.tolerance;
  return Object.defineProperty(loss, 'roughly', {
    get: () => sinkhornDivergence({ ...options, tolerance, onInaccurate: 'ignore' }),
  });
}

/** The bytes that costs of all pairs may take by default: those of 4,000 points a side in float32. Raising it takes memory. */
const COST_MEMORY = 2.56e8;

function checkCostMemory(bytes = COST_MEMORY): number {
  if (typeof bytes === 'number' && bytes >= 0) return bytes;
  throw new InvalidOptionError(`costMemory is ${bytes}: give bytes, 0 or more`);
}

/**
 * In fewer dimensions the cost of a power is computed about as fast as it is read. Raising it keeps costs less often. In the
 * benchmark "Kept costs" a pass that reads takes half of the time at 16 dimensions, and as long at 3.
 */
const FEWEST_DIMENSIONS_KEPT = 16;

/** Keeps costs where that is worth it: in many dimensions, and where they are no power of a distance. */
const keepCosts = (bytes: number, isPower: boolean): KeepCosts =>
  function* (backend, pair) {
    if (!backend.pairs || bytes <= 0 || (isPower && pair.x.dimension < FEWEST_DIMENSIONS_KEPT)) return undefined;
    // A Sync method that cannot wait for it goes without: costs are then computed in each pass.
    const part = yield* keptCosts();
    return part && (yield* part.keptCosts(bytes)(backend, pair));
  };

const manhattan: Cost = (x, y) => formula.sum(formula.abs(formula.sub(x, y)));

function checkMethod({ method = 'auto', tolerance, strategy }: SinkhornDivergenceOptions): Method {
  checkChoice('method', method, ['auto', 'alternating', 'newton']);
  const without = tolerance === null ? 'tolerance: null' : strategy === 'multiscale' && `strategy: '${strategy}'`;
  if (method === 'newton' && without) {
    throw new InvalidOptionError(`method 'newton' goes without ${without}: leave one of them out`);
  }
  return method;
}

function extendSolution(
  solution: Solution,
  { pair: given, result: { result, problem, backend, pair } }: Origin<SinkhornSolved>,
  normalize: boolean,
  isChanged: boolean,
): SinkhornSolution {
  const { accuracy } = problem;
  const source = {
    ...solution.diagnostics,
    backend,
    pair,
    given,
    normalize,
    isChanged,
    options: problem,
    potentials: result.potentials,
    solved: result,
    accuracy,
    load: { dense: plans, multiscale: multiscalePlans, separable: gridPlans }[solution.diagnostics.strategy],
  };
  return Object.assign(solution, {
    ...derivatives<SecondDerivatives>({ hessianVectorProduct: 1 }, source, hessians),
    ...derivatives<PotentialDerivatives>({ potentialsJvp: 1, potentialsVjp: 1 }, source, potentialDerivatives),
    ...derivatives<Displacements>({ potentialsAt: 2, map: 1, interpolate: 1 }, source, displacements),
    potentials: result.potentials,
    plan: makePlan(source),
  } satisfies Omit<SinkhornSolution, keyof Solution>);
}

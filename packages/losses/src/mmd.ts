import {
  type Backend,
  checkEqualMasses,
  checkPair,
  checkSymmetric,
  energyKernel,
  gaussianKernel,
  type HostGradients,
  InvalidOptionError,
  type Kernel,
  type KernelSums,
  laplacianKernel,
  type MeasurePair,
  type MmdOptions,
  NORM_FLOOR,
  type Side,
  solveKernelSums,
  solveMmd,
  type Task,
} from '@sinkhorn/core';
import type { KernelKind } from '@sinkhorn/core/multiscale-mmd';
import { checkedFormula } from './checkedFormula.js';
import { checkBackend, checkBoolean, checkFunction, checkNames, checkPositive } from './checkOptions.js';
import { derivatives, type SecondDerivatives } from './derivatives.js';
import type { Engine, Solved } from './engine.js';
import type { Loss } from './loss.js';
import { makeLoss } from './makeLoss.js';
import { checkNormalize, type NormalizeOptions, normalized } from './normalized.js';
import { type ParameterValues, type ParametricFormula, parametricLoss } from './parameters.js';
import { multiscaleMmd } from './parts.js';
import type { Solution } from './solution.js';
import { solvedWithErrors, type ToldGradients } from './solvedWithErrors.js';
import { checkStrategy, decide, type StrategyOptions } from './strategy.js';
import { checkOnInaccurate, type InaccurateOptions } from './whenInaccurate.js';

export interface EnergyDistanceOptions extends StrategyOptions, NormalizeOptions, InaccurateOptions {
  readonly backend: Backend;
}

export interface BlurredMmdOptions extends StrategyOptions, NormalizeOptions, InaccurateOptions {
  readonly backend: Backend;
  /** The kernel's length scale, in the units of the coordinates. Default 0.05. */
  readonly blur?: number;
}

export interface KernelMmdOptions extends NormalizeOptions, InaccurateOptions {
  readonly backend: Backend;
  /** A symmetric formula of two points, and of `parameters` where there are some. */
  readonly kernel: ParametricFormula;
  /** What the kernel reads by name, `kernel: (x, y, { width }) => ..`: as those of a cost. */
  readonly parameters?: ParameterValues;
  /**
   * Whether the kernel is positive only for weights that add up to 0, as -|x - y| is. Masses then have to be equal. Default
   * false: for a kernel that is positive for all weights.
   */
  readonly conditional?: boolean;
}

/** A solved kernel norm. */
export interface KernelSolution extends Solution, SecondDerivatives {}

const DEFAULT_BLUR = 0.05;

/**
 * The energy distance 1/2 ||a - b||^2 for the kernel -|x - y| (Székely & Rizzo 2013; Feydy et al. 2019, section 2.1):
 * no length scale to choose. In one dimension it is the integral of the squared difference of the distribution functions.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { energyDistance } from '@sinkhorn/losses';
 *
 * const loss = energyDistance({ backend: cpu() });
 * if ((await loss.value([[0], [2]], [[1]])) !== 0.5) throw new Error('unexpected');
 * ```
 */
export function energyDistance(options: EnergyDistanceOptions): Loss<KernelSolution> {
  checkNames('energyDistance', options, ['backend', 'normalize', 'strategy', 'accuracy', 'onInaccurate']);
  return mmd('energyDistance', options, { kernel: energyKernel, scalingPower: 1 }, 'conditional', 'energy');
}

/**
 * The squared maximum mean discrepancy 1/2 ||a - b||^2 for the kernel exp(-|x - y|^2 / 2 blur^2) (Gretton et al. 2012).
 *
 * @throws InvalidOptionError when blur is not a finite number above 0.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { gaussianMmd } from '@sinkhorn/losses';
 *
 * const value = await gaussianMmd({ backend: cpu(), blur: 1 }).value([[0]], [[1]]);
 * if (Math.abs(value - (1 - Math.exp(-0.5))) > 1e-15) throw new Error('unexpected');
 * ```
 */
export function gaussianMmd(options: BlurredMmdOptions): Loss<KernelSolution> {
  checkNames('gaussianMmd', options, ['backend', 'blur', 'normalize', 'strategy', 'accuracy', 'onInaccurate']);
  const blur = blurOf(options);
  const kernel = { kernel: gaussianKernel, blur, scalingPower: 0 };
  return mmd('gaussianMmd', options, kernel, 'positive', 'gaussian');
}

/**
 * The squared maximum mean discrepancy 1/2 ||a - b||^2 for the kernel exp(-|x - y| / blur).
 *
 * @throws InvalidOptionError when blur is not a finite number above 0.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { laplacianMmd } from '@sinkhorn/losses';
 *
 * const value = await laplacianMmd({ backend: cpu(), blur: 2 }).value([[0]], [[2]]);
 * if (Math.abs(value - (1 - Math.exp(-1))) > 1e-15) throw new Error('unexpected');
 * ```
 */
export function laplacianMmd(options: BlurredMmdOptions): Loss<KernelSolution> {
  checkNames('laplacianMmd', options, ['backend', 'blur', 'normalize', 'strategy', 'accuracy', 'onInaccurate']);
  const blur = blurOf(options);
  const kernel = { kernel: laplacianKernel, blur, scalingPower: 0 };
  return mmd('laplacianMmd', options, kernel, 'positive', 'laplacian');
}

/**
 * The squared maximum mean discrepancy 1/2 ||a - b||^2 for a kernel given as a formula; it sees raw coordinates.
 *
 * @throws InvalidOptionError when the kernel is no function, or is seen not to be symmetric.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { formula, kernelMmd } from '@sinkhorn/losses';
 *
 * const { add, div, squaredDistance } = formula;
 * const cauchy = kernelMmd({ backend: cpu(), kernel: (x, y) => div(1, add(1, squaredDistance(x, y))) });
 * if ((await cauchy.value([[0]], [[1]])) !== 0.5) throw new Error('unexpected');
 * ```
 */
export function kernelMmd(options: KernelMmdOptions): Loss<KernelSolution> {
  checkNames('kernelMmd', options, ['backend', 'kernel', 'parameters', 'conditional', 'normalize', 'onInaccurate']);
  checkFunction('kernel', options.kernel);
  const { kernel, conditional = false } = options;
  if (options.parameters) return parametricLoss('kernel', options, kernelMmd);
  checkBoolean('conditional', conditional);
  return mmd(
    'kernelMmd',
    options,
    { kernel: checkedFormula('kernel', kernel as Kernel) },
    conditional ? 'conditional' : 'positive',
  );
}

function blurOf({ blur = DEFAULT_BLUR }: BlurredMmdOptions): number {
  checkPositive('blur', blur);
  return blur;
}

/** From about so many pairs on cells cost less than all pairs, for each kernel. */
const FEWEST_PAIRS: Readonly<Record<KernelKind, number>> = { gaussian: 2e8, laplacian: 4e8, energy: 1e9 };

function mmd(
  name: string,
  { backend, ...rest }: { readonly backend: Backend } & StrategyOptions & NormalizeOptions & InaccurateOptions,
  options: MmdOptions,
  positivity: 'positive' | 'conditional',
  kind?: KernelKind,
): Loss<KernelSolution> {
  checkBackend(name, backend);
  const { strategy, accuracy } = checkStrategy(rest);
  const normalize = checkNormalize(rest);
  const dense = { ...options, accuracy };
  const measure = function* () {
    return (yield* multiscaleMmd())?.measureRounding(options, kind);
  };
  const obstacle = kind ? undefined : 'the kernel is a formula of its own';
  const overCells = function* (
    { solveMmdMultiscale }: typeof import('@sinkhorn/core/multiscale-mmd'),
    pair: MeasurePair,
    sides: readonly Side[],
  ) {
    return yield* solveMmdMultiscale(backend, pair, { kind: kind as KernelKind, blur: options.blur, accuracy }, sides);
  };
  const check = (pair: MeasurePair): void => {
    checkPair(pair);
    if (positivity === 'conditional') checkMassesOf(name, pair);
    if (!kind) checkSymmetric('kernel', options.kernel, pair, 'a kernel has k(x, y) = k(y, x)');
  };
  const engine: Engine<KernelSums | undefined, Solved> = {
    name,
    onInaccurate: checkOnInaccurate(rest),
    kernelNorm: { ...options, backend, normalize: false, check },
    *prepare(y) {
      // The sums of y with itself are taken anew where cells represent the points of both clouds.
      const decision = yield* decide(strategy, { x: y, y }, obstacle, fewestPairs(kind), multiscaleMmd);
      return decision.strategy === 'dense' ? yield* solveKernelSums(backend, y, options) : undefined;
    },
    *solve(pair, sides, { known }) {
      if (positivity === 'conditional') checkMassesOf(name, pair);
      const decision = yield* decide(strategy, pair, obstacle, fewestPairs(kind), multiscaleMmd);
      const sumsFor = function* (wrt: readonly Side[]): Task<MmdSums> {
        if (decision.strategy === 'multiscale') return yield* overCells(decision.solvers, pair, wrt);
        const { roundingError, sizes, ...sums } = yield* solveMmd(backend, pair, dense, wrt, known, measure);
        if (!kind && positivity === 'positive') checkNotNegative(sums.values, sizes, backend.precision);
        return { ...sums, estimatedError: roundingError, floor: NORM_FLOOR * Math.max(...sizes) };
      };
      const sums = yield* sumsFor(sides);
      const diagnostics = {
        iterations: 0,
        reductions: sums.reductions,
        epsilons: [],
        marginalError: 0,
        converged: true,
        backend: backend.name,
        strategy: decision.strategy,
        strategyReason: decision.reason,
        estimatedError: sums.estimatedError,
        truncatedMass: sums.truncatedMass ?? 0,
      };
      return solvedWithErrors(
        { values: sums.values, ...told(sums, sides), diagnostics },
        accuracy,
        function* (missing) {
          return told(yield* sumsFor(missing), missing);
        },
      );
    },
    onDevice: ({ mmd }, clouds, wrt) => mmd(backend, clouds, options, wrt),
  };
  return makeLoss(normalize ? normalized(backend, engine) : engine, (solution, { pair }) =>
    Object.assign(
      solution,
      derivatives<SecondDerivatives>(['hessianVectorProduct'], { backend, kernel: options, given: pair, normalize }),
    ),
  );
}

/** A kernel norm computed on either strategy. */
interface MmdSums {
  readonly values: Float64Array;
  readonly gradients: HostGradients;
  readonly reductions: number;
  readonly estimatedError: number;
  readonly floor?: number;
  readonly truncatedMass?: number;
}

/** One estimate is of the value and of the gradients that were computed with it. */
const told = ({ gradients, estimatedError, floor = 0 }: MmdSums, wrt: readonly Side[]): ToldGradients => ({
  gradients,
  errors: {
    value: estimatedError,
    floor,
    ...(wrt.length > 0 && { gradient: estimatedError, weights: estimatedError }),
  },
});

/** Where masses differ, a kernel that is positive only for weights that add up to 0 gives a number that is no distance. */
function checkMassesOf(name: string, pair: MeasurePair): void {
  checkPair(pair);
  checkEqualMasses(
    pair,
    `set normalize: true to compare shares that add up to 1: the kernel of ${name} tells nothing of masses; a Gaussian or Laplacian one does`,
  );
}

/** A positive kernel gives no negative value, but for the rounding of the sums it is the difference of. */
function checkNotNegative(values: Float64Array, sizes: Float64Array, precision: Backend['precision']): void {
  const rounding = precision === 'float32' ? 1e-4 : 1e-10;
  const element = values.findIndex((value, index) => value < -rounding * sizes[index]);
  if (element < 0) return;
  throw new InvalidOptionError(
    `kernel is not positive: the squared norm is ${values[element]}; give a positive one, or, where it is positive for weights ` +
      'that add up to 0, as -|x - y| is, conditional: true',
  );
}

const fewestPairs = (kind: KernelKind | undefined) => (kind ? FEWEST_PAIRS[kind] : Number.POSITIVE_INFINITY);

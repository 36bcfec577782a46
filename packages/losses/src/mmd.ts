import {
  type Backend,
  checkEqualMasses,
  checkPair,
  checkSymmetric,
  energyKernel,
  gaussianKernel,
  type Kernel,
  type KernelSums,
  laplacianKernel,
  type MeasurePair,
  type MmdOptions,
} from '@sinkhorn/core';
import type { KernelKind } from '@sinkhorn/core/multiscale-mmd';
import { checkedFormula } from './checkedFormula.js';
import { checkBackend, checkBoolean, checkFunction, checkLength, checkNames } from './checkOptions.js';
import { derivatives, type SecondDerivatives } from './derivatives.js';
import type { Engine } from './engine.js';
import { lazyEngine, loaded } from './loaded.js';
import type { Loss } from './loss.js';
import { makeLoss } from './makeLoss.js';
import { checkNormalize, type NormalizeOptions, normalized } from './normalized.js';
import { type ParametricFormula, parametricLoss } from './parameters.js';
import type { ParameterValues } from './parameterValues.js';
import { kernelNorms, kernelSecondOrder } from './parts.js';
import type { Solution } from './solution.js';
import { checkStrategy, type StrategyOptions } from './strategy.js';
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
  if (options.parameters !== undefined) return parametricLoss('kernel', options, kernelMmd);
  checkBoolean('conditional', conditional);
  return mmd(
    'kernelMmd',
    options,
    { kernel: checkedFormula('kernel', kernel as Kernel) },
    conditional ? 'conditional' : 'positive',
  );
}

function blurOf({ blur = DEFAULT_BLUR }: BlurredMmdOptions): number {
  checkLength('blur', blur, 2);
  return blur;
}

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
  // Where masses differ, a kernel that is positive only for weights that add up to 0 gives a number that is no distance.
  const checkMasses = (pair: MeasurePair): void => {
    checkPair(pair);
    if (positivity === 'positive') return;
    checkEqualMasses(
      pair,
      `set normalize: true to compare shares that add up to 1: the kernel of ${name} tells nothing of masses; a Gaussian or Laplacian one does`,
    );
  };
  const check = (pair: MeasurePair): void => {
    checkMasses(pair);
    if (!kind) checkSymmetric('kernel', options.kernel, pair, 'a kernel has k(x, y) = k(y, x)');
  };
  const context = { backend, options: { ...options, accuracy }, strategy, positivity, kind, checkMasses };
  const engine = {
    ...lazyEngine(name, checkOnInaccurate(rest), () =>
      loaded(kernelNorms, name, 'readyKernelNorms', (part) => part.kernelNormEngine(context)),
    ),
    kernelNorm: { ...options, backend, normalize: false, check },
    onDevice: ({ mmd }, clouds, wrt) => mmd(backend, clouds, options, wrt),
  } satisfies Engine<KernelSums | undefined>;
  return makeLoss(normalize ? normalized(backend, engine) : engine, (solution, { pair }) =>
    Object.assign(
      solution,
      derivatives<SecondDerivatives>(
        { hessianVectorProduct: 1 },
        { backend, kernel: options, given: pair, normalize },
        kernelSecondOrder,
      ),
    ),
  );
}

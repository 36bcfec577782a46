import {
  type Backend,
  energyKernel,
  gaussianKernel,
  type Kernel,
  type KernelSums,
  laplacianKernel,
  type MmdOptions,
  solveKernelSums,
  solveMmd,
  solveMmdOnDevice,
} from '@sinkhorn/core';
import { checkBackend, checkFunction, checkNames, checkPositive } from './checkOptions.js';
import type { Engine, Solved } from './engine.js';
import type { Loss } from './loss.js';
import { makeLoss, plainSolution } from './makeLoss.js';
import { visitedAll } from './strategy.js';

export interface EnergyDistanceOptions {
  readonly backend: Backend;
}

export interface BlurredMmdOptions {
  readonly backend: Backend;
  /** The kernel's length scale, in the units of the coordinates. Default 0.05. */
  readonly blur?: number;
}

export interface KernelMmdOptions {
  readonly backend: Backend;
  /** A symmetric formula of two points. */
  readonly kernel: Kernel;
}

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
export function energyDistance(options: EnergyDistanceOptions): Loss {
  checkNames('energyDistance', options, ['backend']);
  return mmd('energyDistance', options.backend, { kernel: energyKernel, scalingPower: 1 });
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
export function gaussianMmd(options: BlurredMmdOptions): Loss {
  checkNames('gaussianMmd', options, ['backend', 'blur']);
  return mmd('gaussianMmd', options.backend, { kernel: gaussianKernel, blur: blurOf(options), scalingPower: 0 });
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
export function laplacianMmd(options: BlurredMmdOptions): Loss {
  checkNames('laplacianMmd', options, ['backend', 'blur']);
  return mmd('laplacianMmd', options.backend, { kernel: laplacianKernel, blur: blurOf(options), scalingPower: 0 });
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
export function kernelMmd(options: KernelMmdOptions): Loss {
  checkNames('kernelMmd', options, ['backend', 'kernel']);
  checkFunction('kernel', options.kernel);
  return mmd('kernelMmd', options.backend, { kernel: options.kernel });
}

function blurOf({ blur = DEFAULT_BLUR }: BlurredMmdOptions): number {
  checkPositive('blur', blur);
  return blur;
}

function mmd(name: string, backend: Backend, options: MmdOptions): Loss {
  checkBackend(name, backend);
  const engine: Engine<KernelSums, Solved> = {
    name,
    prepare: (y) => solveKernelSums(backend, y, options),
    *solve(pair, wanted, { known }) {
      const { values, gradients, reductions } = yield* solveMmd(backend, pair, options, wanted, known);
      return {
        values,
        gradients,
        diagnostics: {
          iterations: 0,
          reductions,
          epsilons: [],
          marginalError: 0,
          converged: true,
          backend: backend.name,
          ...visitedAll('every pair of points counts'),
        },
        *gradientsOf(missing) {
          return (yield* solveMmd(backend, pair, options, missing, known)).gradients;
        },
      };
    },
    onDevice: (clouds, wanted) => solveMmdOnDevice(backend, clouds, options, wanted),
  };
  return makeLoss(engine, plainSolution);
}

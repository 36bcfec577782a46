import { InvalidOptionError, type SelfResult, type Side, type Task, UnsupportedError } from '@sinkhorn/core';
import { checkNames } from './checkOptions.js';
import type { Engine, Solved } from './engine.js';
import type { Loss } from './loss.js';
import { makeLoss, plainSolution } from './makeLoss.js';
import { checkNormalize, normalized } from './normalized.js';
import { hausdorff } from './parts.js';
import { solvedWithErrors } from './solvedWithErrors.js';
import { checkStrategy } from './strategy.js';
import { TRANSPORT_DEFAULTS, type TransportOptions, transportOptions } from './transportOptions.js';
import { checkOnInaccurate } from './whenInaccurate.js';

export interface HausdorffDivergenceOptions extends TransportOptions {
  /** The length scale up to which mass is moved rather than destroyed and created, the same for both sides. */
  readonly reach?: number;
  /** The marginal error to reach in each measure's symmetric problem. Default 1e-3. */
  readonly tolerance?: number;
  /** The relative error of value and gradient to reach where no tolerance is named. Default 1e-3. */
  readonly accuracy?: number;
}

/**
 * The Hausdorff divergence H(a, b) = 1/2 <a - b, dF(a) - dF(b)>, with F the Sinkhorn negentropy (Feydy et al. 2019,
 * section 3.2): a soft Chamfer distance as blur goes to 0, a kernel norm as it goes to infinity, and never above the
 * Sinkhorn divergence. No transport between the two is solved, so it is cheaper; its gradient is exact.
 *
 * @throws InvalidOptionError when an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { hausdorffDivergence } from '@sinkhorn/losses';
 *
 * const loss = hausdorffDivergence({ backend: cpu(), p: 1, blur: 0.05 });
 * if ((await loss.value([[0, 0]], [[3, 4]])) !== 5) throw new Error('unexpected');
 * ```
 */
export function hausdorffDivergence(options: HausdorffDivergenceOptions): Loss {
  checkNames('hausdorffDivergence', options, [
    'backend',
    'p',
    'cost',
    'blur',
    'reach',
    'normalize',
    'tolerance',
    'maxIterations',
    'accuracy',
    'onInaccurate',
  ]);
  const { backend } = options;
  const normalize = checkNormalize(options);
  if (options.tolerance === null) {
    throw new InvalidOptionError('tolerance is null: the Hausdorff divergence has no annealing; give a number above 0');
  }
  if (typeof options.reach === 'object') {
    throw new InvalidOptionError('reach has two sides: the Hausdorff divergence takes one length for both');
  }
  const { accuracy } = checkStrategy({ accuracy: options.accuracy });
  const problem = {
    ...transportOptions('hausdorffDivergence', options),
    scaling: TRANSPORT_DEFAULTS.scaling,
    debias: true,
    ...(options.tolerance === undefined && { largestChange: accuracy }),
  };
  const engine: Engine<SelfResult, Solved> = {
    name: 'hausdorffDivergence',
    onInaccurate: checkOnInaccurate(options),
    *prepare(y) {
      return yield* (yield* solvers()).solveHausdorffSelf(backend, y, problem);
    },
    *solve(pair, wrt, { known }) {
      const { solveHausdorff } = yield* solvers();
      const gradientsOf = function* (sides: readonly Side[]) {
        const { errors, gradients, ...rest } = yield* solveHausdorff(backend, pair, problem, sides, known);
        const { value, floor } = errors;
        return { ...rest, gradients, errors: sides.length > 0 ? errors : { value, floor } };
      };
      const result = yield* gradientsOf(wrt);
      const { iterations, reductions, epsilon, marginalError, converged } = result;
      const diagnostics = {
        iterations,
        reductions,
        epsilons: [epsilon],
        marginalError,
        converged,
        backend: backend.name,
        strategy: 'dense',
        strategyReason: 'the Hausdorff divergence is always so',
        estimatedError: 0,
        truncatedMass: 0,
      } as const;
      return solvedWithErrors({ ...result, diagnostics }, accuracy, gradientsOf);
    },
  };
  return makeLoss(normalize ? normalized(backend, engine) : engine, plainSolution);
}

/** The part of core that solves it, loaded when it is first asked for. */
function* solvers(): Task<typeof import('@sinkhorn/core/hausdorff')> {
  const loaded = yield* hausdorff();
  if (loaded) return loaded;
  throw new UnsupportedError(
    'the Hausdorff divergence is not loaded yet: await loss.value(x, y) first, or call readyHausdorff() of @sinkhorn/losses/ready',
  );
}

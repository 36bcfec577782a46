import { InvalidOptionError } from '@sinkhorn/core';
import { checkNames } from './checkOptions.js';
import { lazyEngine, loaded } from './loaded.js';
import type { Loss } from './loss.js';
import { makeLoss, plainSolution } from './makeLoss.js';
import { checkNormalize, normalized } from './normalized.js';
import { parametricLoss } from './parameters.js';
import { hausdorff } from './parts.js';
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
    'parameters',
    'blur',
    'reach',
    'normalize',
    'tolerance',
    'maxIterations',
    'accuracy',
    'onInaccurate',
  ]);
  const { backend } = options;
  if (options.parameters !== undefined) return parametricLoss('cost', options, hausdorffDivergence);
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
  const engine = lazyEngine('hausdorffDivergence', checkOnInaccurate(options), () =>
    loaded(hausdorff, 'the Hausdorff divergence', 'readyHausdorff', (part) =>
      part.hausdorffEngine(backend, problem, accuracy),
    ),
  );
  return makeLoss(normalize ? normalized(backend, engine) : engine, plainSolution);
}

import * as displacementParts from '@sinkhorn/core/displacements';
import * as gridMeasureParts from '@sinkhorn/core/grid-measure';
import * as hessianParts from '@sinkhorn/core/hessian';
import * as keptCostParts from '@sinkhorn/core/kept-costs';
import * as kernelSecondOrderParts from '@sinkhorn/core/kernel-second-order';
import * as latticeParts from '@sinkhorn/core/mmd-on-lattice';
import * as newtonParts from '@sinkhorn/core/newton';
import * as potentialDerivativeParts from '@sinkhorn/core/potentials';
import * as secondOrderParts from '@sinkhorn/core/second-order';
import * as adviceParts from './advice/index.js';
import * as gridParts from './grid/index.js';
import * as hausdorffParts from './hausdorff/index.js';
import * as kernelNormParts from './kernelNorms/index.js';
import * as parametricParts from './parametric/index.js';
import {
  advice,
  displacements,
  gridMeasures,
  grids,
  hausdorff,
  hessians,
  keptCosts,
  kernelNorms,
  kernelSecondOrder,
  latticeMmd,
  newton,
  parametric,
  potentialDerivatives,
  refinements,
  secondOrder,
  solver,
  sums,
} from './parts.js';
import * as refinedParts from './refined/index.js';
import * as sinkhornParts from './sinkhorn/index.js';
import * as sumParts from './sum/index.js';

/**
 * Makes the solver of the Hausdorff divergence ready, so that its Sync methods work from the first call. Methods that return
 * promises load it themselves.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { hausdorffDivergence } from '@sinkhorn/losses';
 * import { readyHausdorff } from '@sinkhorn/losses/ready';
 *
 * readyHausdorff();
 * const loss = hausdorffDivergence({ backend: cpu(), p: 1 });
 * if (loss.valueSync([[0, 0]], [[3, 4]]) !== 5) throw new Error('unexpected');
 * ```
 */
export const readyHausdorff = (): void => hausdorff.provide(hausdorffParts);

/**
 * Makes the solver of kernel norms ready, so that Sync methods of `energyDistance`, `gaussianMmd`, `laplacianMmd` and `kernelMmd` work from
 * the first call. Methods that return promises load it themselves.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { energyDistance } from '@sinkhorn/losses';
 * import { readyKernelNorms } from '@sinkhorn/losses/ready';
 *
 * readyKernelNorms();
 * const loss = energyDistance({ backend: cpu() });
 * if (loss.valueSync([[0], [2]], [[1]]) !== 0.5) throw new Error('unexpected');
 * ```
 */
export const readyKernelNorms = (): void => {
  kernelNorms.provide(kernelNormParts);
  latticeMmd.provide(latticeParts);
};

/**
 * Makes the solver of the Sinkhorn divergence ready, so that its Sync methods work from the first call. Methods that return promises load it
 * themselves.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { readySinkhorn } from '@sinkhorn/losses/ready';
 *
 * readySinkhorn();
 * const loss = sinkhornDivergence({ backend: cpu() });
 * if (loss.valueSync([[0, 0]], [[3, 4]]) !== 12.5) throw new Error('unexpected');
 * ```
 */
export const readySinkhorn = (): void => solver.provide(sinkhornParts);

/**
 * Makes Newton's method ready, so that Sync methods of the Sinkhorn divergence have it from the first call; until then they use
 * sweeps.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { readyNewton } from '@sinkhorn/losses/ready';
 *
 * readyNewton();
 * const { diagnostics } = sinkhornDivergence({ backend: cpu() }).solveSync([[0], [1]], [[0.2], [0.9]]);
 * if (diagnostics.method !== 'newton') throw new Error('unexpected');
 * ```
 */
export const readyNewton = (): void => newton.provide(newtonParts);

/**
 * Makes ready what keeps costs of all pairs during a solve, in 16 dimensions and more and for costs of your own, so that Sync methods are
 * as fast as others from the first call. Without it they compute costs in each pass.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { formula, sinkhornDivergence } from '@sinkhorn/losses';
 * import { readyKeptCosts } from '@sinkhorn/losses/ready';
 *
 * readyKeptCosts();
 * const { abs, sub, sum } = formula;
 * const loss = sinkhornDivergence({ backend: cpu(), method: 'alternating', cost: (x, y) => sum(abs(sub(x, y))) });
 * const { diagnostics } = loss.solveSync([[0, 0], [1, 1]], [[3, 4], [1, 2]]);
 * if (!((diagnostics.costMemory ?? 0) > 0)) throw new Error('costs are kept');
 * ```
 */
export const readyKeptCosts = (): void => keptCosts.provide(keptCostParts);

/**
 * Makes sums of losses ready, so that Sync methods of what `combine` and `perFeature` return work from the first call. Methods that
 * return promises load them themselves.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { energyDistance, perFeature } from '@sinkhorn/losses';
 * import { readyKernelNorms, readySums } from '@sinkhorn/losses/ready';
 *
 * readyKernelNorms();
 * readySums();
 * const loss = perFeature(energyDistance({ backend: cpu() }), [0, 1]);
 * if (loss.valueSync([[0, 0]], [[3, 4]]) !== 7) throw new Error('unexpected');
 * ```
 */
export const readySums = (): void => sums.provide(sumParts);

/**
 * Makes ready what the options `penalty`, `root` and a `blur` by the median distance need, so that Sync methods of the Sinkhorn divergence
 * have them from the first call. Methods that return promises load it themselves.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { readyRefinements } from '@sinkhorn/losses/ready';
 *
 * readyRefinements();
 * const loss = sinkhornDivergence({ backend: cpu(), p: 1, blur: 1e-3, penalty: { kind: 'tv', strength: 0.5 } });
 * // A way of 3 costs more than both strengths together: all mass stays where it is.
 * if (Math.abs(loss.valueSync([[0]], [[3]]) - 1) > 0.01) throw new Error('unexpected');
 * ```
 */
export const readyRefinements = (): void => refinements.provide(refinedParts);

/**
 * Makes ready what says in diagnostics which option or loss would serve better, so that Sync methods of the Sinkhorn divergence tell it from
 * the first call. Methods that return promises load it themselves.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { readyAdvice } from '@sinkhorn/losses/ready';
 *
 * readyAdvice();
 * const loss = sinkhornDivergence({ backend: cpu(), blur: 0.05, tolerance: null });
 * const { diagnostics } = loss.solveSync([[0], [0.1], [2]], [[1], [1.7], [2.1]]);
 * if (!diagnostics.advice?.includes('transportOnLine')) throw new Error('unexpected');
 * ```
 */
export const readyAdvice = (): void => advice.provide(adviceParts);

/**
 * Makes grids ready, so that Sync methods take them, and `target`, from the first call. Methods that return promises load what they need
 * themselves.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { readyGrids } from '@sinkhorn/losses/ready';
 *
 * readyGrids();
 * const loss = sinkhornDivergence({ backend: cpu(), blur: 0.5 });
 * const value = loss.valueSync({ grid: [1, 0, 0], shape: [3], spacing: 1 }, { grid: [0, 0, 1], shape: [3], spacing: 1 });
 * if (Math.abs(value - 2) > 1e-9) throw new Error('unexpected');
 * ```
 */
export function readyGrids(): void {
  gridMeasures.provide(gridMeasureParts);
  grids.provide(gridParts);
}

/**
 * Makes derivatives of solutions ready, so that their Sync methods work from the first call.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { energyDistance } from '@sinkhorn/losses';
 * import { readyKernelNorms, readySecondOrder } from '@sinkhorn/losses/ready';
 *
 * readyKernelNorms();
 * readySecondOrder();
 * const solution = energyDistance({ backend: cpu() }).solveSync([[0], [3]], [[1]]);
 * // On the line the energy distance is linear between points.
 * if (solution.hessianVectorProductSync({ points: [1, 0] }).points[0] !== 0) throw new Error('unexpected');
 * ```
 */
export const readySecondOrder = (): void => {
  hessians.provide(hessianParts);
  potentialDerivatives.provide(potentialDerivativeParts);
  secondOrder.provide(secondOrderParts);
  kernelSecondOrder.provide(kernelSecondOrderParts);
  displacements.provide(displacementParts);
};

/**
 * Makes losses with parameters ready, so that their Sync methods work from the first call.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { formula, sinkhornDivergence } from '@sinkhorn/losses';
 * import { readyParameters } from '@sinkhorn/losses/ready';
 *
 * readyParameters();
 * const { mul, squaredDistance } = formula;
 * const loss = sinkhornDivergence({
 *   backend: cpu(),
 *   cost: (x, y, { scale }) => mul(scale, squaredDistance(x, y)),
 *   parameters: { scale: 2 },
 * });
 * if (loss.valueSync([[0]], [[3]]) !== 18) throw new Error('unexpected');
 * if (loss.valueSync([[0]], [[3]], { parameters: { scale: 1 } }) !== 9) throw new Error('unexpected');
 * ```
 */
export const readyParameters = (): void => parametric.provide(parametricParts);

import { lazily } from '@sinkhorn/core';

// Parts that are loaded when they are first asked for: a page that never asks never loads them. They are not marked as pure: rolldown keeps a
// chunk of a pure one that nobody uses, and then refuses to make one file of a page.

/** The solvers of transport over cells. */
export const multiscale = lazily(async () =>
  (await import('@sinkhorn/core/multiscale')).multiscale(await import('@sinkhorn/core/multiscale-points'), newton),
);

/** The solver of the Sinkhorn divergence. */
export const solver = lazily(() => import('@sinkhorn/losses/sinkhorn'));

/** The solver of kernel norms. */
export const kernelNorms = lazily(() => import('@sinkhorn/losses/kernel-norms'));

/** The solver of kernel norms over cells. */
export const multiscaleMmd = lazily(() => import('@sinkhorn/core/multiscale-mmd'));

/** The solver of kernel norms of grids on one lattice. */
export const latticeMmd = lazily(() => import('@sinkhorn/core/mmd-on-lattice'));

/** The solver on the host, for what is small and for small blurs. */
export const newton = lazily(() => import('@sinkhorn/core/newton'));

/** The passes over a plan of cells. */
export const multiscalePlans = lazily(() => import('@sinkhorn/core/multiscale-plan'));

/** The passes over a plan, and potentials at other points. */
export const plans = lazily(() => import('@sinkhorn/core/plan'));

/** The solver of the Hausdorff divergence. */
export const hausdorff = lazily(() => import('@sinkhorn/losses/hausdorff'));

/** The sums of losses. */
export const sums = lazily(() => import('@sinkhorn/losses/sum'));

/** Where solutions take points, and their potentials anywhere. */
export const displacements = lazily(() => import('@sinkhorn/core/displacements'));

/** Products with Hessians. */
export const hessians = lazily(() => import('@sinkhorn/core/hessian'));

/** Derivatives of potentials. */
export const potentialDerivatives = lazily(() => import('@sinkhorn/core/potentials'));

/** And of plans. */
export const secondOrder = lazily(() => import('@sinkhorn/core/second-order'));

/** Products with Hessians of kernel norms. */
export const kernelSecondOrder = lazily(() => import('@sinkhorn/core/kernel-second-order'));

/** The options of the Sinkhorn divergence that few ask for: penalties, roots, and blurs by the median distance. */
export const refinements = lazily(() => import('@sinkhorn/losses/refined'));

/** What says which option or loss serves better. */
export const advice = lazily(() => import('@sinkhorn/losses/advice'));

/** What gives formulas their parameters. */
export const parametric = lazily(() => import('@sinkhorn/losses/parameters'));

/** What keeps the costs of all pairs during a solve. */
export const keptCosts = lazily(() => import('@sinkhorn/core/kept-costs'));

/** The passes over a plan between grids. */
export const gridPlans = lazily(() => import('@sinkhorn/core/grid-plan'));

/** What checks grids. */
export const gridMeasures = lazily(() => import('@sinkhorn/core/grid-measure'));

/** What losses do with grids. */
export const grids = lazily(() => import('@sinkhorn/losses/grid'));

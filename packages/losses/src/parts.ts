import { lazily } from '@sinkhorn/core';

// Parts that are loaded when they are first asked for: a page that never asks never loads them. Bundlers leave out those that a part of a
// bundle has no use for: to make one has no effect.

/** The solvers of transport over cells. */
export const multiscale = /* @__PURE__ */ lazily(async () =>
  (await import('@sinkhorn/core/multiscale')).multiscale(await import('@sinkhorn/core/multiscale-points')),
);

/** The solver of the Sinkhorn divergence. */
export const solver = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/sinkhorn'));

/** The solver of kernel norms. */
export const kernelNorms = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/kernel-norms'));

/** The solver of kernel norms over cells. */
export const multiscaleMmd = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/multiscale-mmd'));

/** The solver of kernel norms of grids on one lattice. */
export const latticeMmd = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/mmd-on-lattice'));

/** The solver on the host, for what is small and for small blurs. */
export const newton = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/newton'));

/** The passes over a plan of cells. */
export const multiscalePlans = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/multiscale-plan'));

/** The passes over a plan, and potentials at other points. */
export const plans = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/plan'));

/** The solver of the Hausdorff divergence. */
export const hausdorff = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/hausdorff'));

/** The sums of losses. */
export const sums = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/sum'));

/** Where solutions take points, and their potentials anywhere. */
export const displacements = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/displacements'));

/** Derivatives of solutions. */
export const secondOrder = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/second-order'));

/** And of kernel norms. */
export const kernelSecondOrder = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/kernel-second-order'));

/** The options of the Sinkhorn divergence that few ask for: penalties, roots, and blurs by the median distance. */
export const refinements = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/refined'));

/** What says which option or loss serves better. */
export const advice = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/advice'));

/** What gives formulas their parameters. */
export const parametric = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/parameters'));

/** What keeps the costs of all pairs during a solve. */
export const keptCosts = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/kept-costs'));

/** The passes over a plan between grids. */
export const gridPlans = /* @__PURE__ */ lazily(() => import('@sinkhorn/core/grid-plan'));

/** What losses do with grids. */
export const grids = /* @__PURE__ */ lazily(() => import('@sinkhorn/losses/grid'));

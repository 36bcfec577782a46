import { lazily } from '@sinkhorn/core';

// A page that never sees many points never loads these.

/** The solvers of transport over cells. */
export const multiscale = lazily(() => import('@sinkhorn/core/multiscale'));

/** The solver of kernel norms over cells. */
export const multiscaleMmd = lazily(() => import('@sinkhorn/core/multiscale-mmd'));

/** The solver on the host, for what is small and for small blurs. */
export const newton = lazily(() => import('@sinkhorn/core/newton'));

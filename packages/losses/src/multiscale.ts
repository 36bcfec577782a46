import { lazily } from '@sinkhorn/core';

/** The multiscale solvers: a page that never sees many points never loads them. */
export const multiscale = lazily(() => import('@sinkhorn/core/multiscale'));

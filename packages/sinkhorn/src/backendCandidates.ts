import { cpu } from '@sinkhorn/backend-cpu';

/** The backends of this package, the fastest first. A heavy one is loaded only when it is tried, by dynamic import. */
export const backendCandidates = [{ name: 'cpu', create: cpu }] as const;

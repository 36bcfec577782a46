export type { Certificate } from '@sinkhorn/core/exact';
export type { ExactPlan, ExactSolution } from './exactEngine.js';
export { type CertifiedSolution, type ExactTransportOptions, exactTransport } from './exactTransport.js';

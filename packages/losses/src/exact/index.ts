export type { Certificate } from '@sinkhorn/core/exact';
export type { ExactSolution } from './exactEngine.js';
export type { ExactPlan } from './exactPlan.js';
export { type CertifiedSolution, type ExactTransportOptions, exactTransport } from './exactTransport.js';

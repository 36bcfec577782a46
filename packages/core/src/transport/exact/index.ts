export type { Certificate } from './certificate.js';
export type { ExactOptions } from './exactOptions.js';
export { type ExactSolved, solveExact } from './solveExact.js';

export type { ExactOptions } from './exactOptions.js';
export { type Certificate, type ExactSolved, solveExact } from './solveExact.js';

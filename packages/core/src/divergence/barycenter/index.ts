export type { BarycenterOptions } from './problem.js';
export { type BarycenterResult, solveBarycenter } from './solveBarycenter.js';

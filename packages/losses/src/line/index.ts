export type { ExactSolution } from '../exact/exactEngine.js';
export type { ExactPlan } from '../exact/exactPlan.js';
export { type LineTransportOptions, transportOnLine } from './transportOnLine.js';

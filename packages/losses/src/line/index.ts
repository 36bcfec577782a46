export type { ExactPlan, ExactSolution } from '../exact/exactEngine.js';
export { type LineTransportOptions, transportOnLine } from './transportOnLine.js';

export { sortedOrder } from '../../spatial/sortedOrder.js';
export { valuesPerPoint } from '../valuesPerPoint.js';
export type { LineOptions } from './lineOptions.js';
export type { PlanPairs } from './planPairs.js';
export { type LineSolved, solveLine } from './solveLine.js';

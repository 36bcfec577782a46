// What losses do with measures on grids: loaded when the first of them comes.
export { applyPlan, barycentricMap, checkGrid, planMarginal } from '@sinkhorn/core/grids';
export { selfOnGrid, solveOnGrids } from './gridEngine.js';

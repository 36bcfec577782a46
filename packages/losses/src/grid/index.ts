// What losses do with measures on grids: loaded when the first of them comes.
export { checkGrid } from '@sinkhorn/core/grids';
export { selfOnGrid, solveOnGrids } from './gridEngine.js';

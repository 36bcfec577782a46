// What losses do with measures on grids: loaded when the first of them comes.
export { selfOnGrid, solveOnGrids } from './gridEngine.js';

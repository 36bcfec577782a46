export { axisCost } from '../../geometry/separable/axisCost.js';
export { separable } from '../../geometry/separable/separable.js';
export { checkGrid, type GridMeasure } from '../../measure/grid.js';
export { gridGradients, isSeparable, solveGrids, solveSelfOnGrid } from './solveGrids.js';

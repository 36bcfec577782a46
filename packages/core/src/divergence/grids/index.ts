export { separable } from '../../geometry/separable/separable.js';
export { checkGrid } from '../../measure/grid.js';
export { prepareGrids } from '../../transport/grids/prepareGrids.js';

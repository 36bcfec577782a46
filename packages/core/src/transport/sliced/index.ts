export { type Directions, drawDirections } from './directions.js';
export { type MaxSliced, maxSliced } from './maxSliced.js';
export { type SlicedOptions, type SlicedSolved, solveSliced } from './solveSliced.js';

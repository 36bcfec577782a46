export { type Directions, drawDirections } from './directions.js';
export { type MaxSliced, maxSliced } from './maxSliced.js';
export { type SlicesProblem, type SliceThreads, type StartSliceThreads, sliceThread } from './sliceThreads.js';
export { type SlicedOptions, type SlicedSolved, solveSliced } from './solveSliced.js';
export type { SlicesSum } from './sumSlices.js';

export * from './deviceCloud.js';
export * from './frame.js';
export * from './hostGradients.js';
export * from './measure.js';
export * from './pair.js';
export { gradientThroughShares, inShares, solveSharesOnDevice } from './shares.js';
export * from './side.js';
export { checkSymmetric } from './symmetry.js';

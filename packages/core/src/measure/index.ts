export * from './deviceCloud.js';
export * from './frame.js';
export * from './hostGradients.js';
export * from './measure.js';
export * from './pair.js';
export * from './side.js';
export { checkSymmetric } from './symmetry.js';

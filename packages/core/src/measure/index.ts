export * from './deviceCloud.js';
export { diameter, type Frame, rawFrame, toFrame, toFrameChunked, unitFrame } from './frame.js';
export * from './hostGradients.js';
export * from './measure.js';
export { gradientThroughNormalization, withNormalizedWeights } from './normalization.js';
export * from './pair.js';
export * from './side.js';
export * from './solveNormalizedOnDevice.js';
export { checkSymmetric } from './symmetry.js';

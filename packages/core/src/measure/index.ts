export * from './deviceCloud.js';
export { diameter, type Frame, rawFrame, toFrame, toFrameInPieces, unitFrame } from './frame.js';
export * from './hostGradients.js';
export * from './measure.js';
export * from './pair.js';
export { gradientThroughShares, inShares } from './shares.js';
export * from './side.js';
export * from './solveSharesOnDevice.js';
export { checkSymmetric } from './symmetry.js';

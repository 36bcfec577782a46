export * from './options.js';
export * from './plan.js';
export * from './solveMultiscale.js';

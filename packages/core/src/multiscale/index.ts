export * from './options.js';
export * from './solveMultiscale.js';

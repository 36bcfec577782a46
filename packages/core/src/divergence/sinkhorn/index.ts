export * from './solve.js';
export * from './solveOnDevice.js';

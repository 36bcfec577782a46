export * from './solveHausdorff.js';

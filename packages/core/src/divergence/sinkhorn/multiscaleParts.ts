export * from '../../transport/multilevel/options.js';
export * from './solveMultiscale.js';

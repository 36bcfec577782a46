export * from './annealing.js';
export * from './densePlan.js';
export type { DualSolver, SinkhornMethod, SinkhornResult, SinkhornStart, SolvedGradients } from './dualSolver.js';
export * from './errors.js';
export * from './extension.js';
export * from './hostPotentials.js';
export * from './options.js';
export * from './plan.js';
export * from './selfResult.js';

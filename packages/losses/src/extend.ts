// What losses are written with outside this repository, beside @sinkhorn/core/extend. They are losses like all others: combine,
// perFeature and target take them.
export { checkBackend, checkBoolean, checkFunction, checkNames, checkPositive } from './checkOptions.js';
export type { DeviceSolvers, Engine, EngineDiagnostics, Solved, SolveStart } from './engine.js';
export type { KernelNorm } from './kernelNorm.js';
export { type Extend, type Origin, plainSolution } from './makeLoss.js';
export { makeLoss } from './makeOwnLoss.js';
export type { OnInaccurate } from './onInaccurate.js';
export type { Approximation } from './strategy.js';
export { visitedAll } from './visitedAll.js';
export { whenInaccurate } from './whenInaccurate.js';

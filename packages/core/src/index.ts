// biome-ignore-all assist/source/organizeImports: modules that resemble each other stand together, which makes the bundle smaller
export * as formula from './formula/language.js';
export * from './backend/index.js';
export * from './errors.js';
export * from './formula/index.js';
export * from './geometry/cost.js';
export type { CostMemory, KeepCosts, KeptCosts } from './geometry/pairwise/keptCosts.js';
export * from './transport/index.js';
export * from './divergence/hausdorff/index.js';
export * from './measure/index.js';
export * from './divergence/mmd/index.js';
export * from './kernelSum/kernel.js';
export * from './tasks/index.js';
export * from './divergence/sinkhorn/index.js';

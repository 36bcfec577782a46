export * from './axisSoftmax.js';
export * from './backend.js';
export * from './blockPattern.js';
export * from './elementary.js';
export * from './lowered.js';
export * from './permuted.js';
export * from './resolveReduction.js';
export * from './unlessLost.js';

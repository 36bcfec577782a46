export * from './backend/index.js';
export * from './errors.js';
export * from './formula/index.js';
export * as formula from './formula/language.js';
export * from './hausdorff/index.js';
export * from './measure/index.js';
export * from './mmd/index.js';
export * from './sinkhorn/index.js';
export * from './tasks/index.js';

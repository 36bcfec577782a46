export * from './backend.js';
export * from './blockPattern.js';
export * from './resolveReduction.js';

export * from './derivative.js';
export * from './evaluate.js';
export * from './expression.js';
export * from './program.js';
export * from './simplify.js';

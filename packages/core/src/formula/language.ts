// What formulas are written with, as the namespace `formula`; what backends take them apart with is beside it in core.
export * from './derivative.js';
export * from './evaluate.js';
export * from './expression.js';
export * from './simplify.js';

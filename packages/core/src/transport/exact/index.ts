export { type Certificate, type ExactOptions, type ExactSolved, solveExact } from './solveExact.js';

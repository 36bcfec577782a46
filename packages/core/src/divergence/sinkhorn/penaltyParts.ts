export { solvePenalized } from './solvePenalized.js';

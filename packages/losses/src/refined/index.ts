export { solveRefined } from './solveRefined.js';

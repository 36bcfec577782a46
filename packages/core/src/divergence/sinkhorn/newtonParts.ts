export { solveNewton, solveOnlyNewton } from './solveNewton.js';

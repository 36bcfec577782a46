export { solveNewton } from './solveNewton.js';

export { newtonOnMatrix } from './newtonOnMatrix.js';
export { solveNewton, solveOnlyNewton } from './solveNewton.js';

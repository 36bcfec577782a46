export { extendOnHost } from './extendOnHost.js';
export { solveNewton } from './solveNewton.js';

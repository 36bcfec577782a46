export { extendOnHost } from '../../transport/newton/extendOnHost.js';
export { solveNewton } from './solveNewton.js';

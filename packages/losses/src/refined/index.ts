export { refinedEngine } from './solveRefined.js';

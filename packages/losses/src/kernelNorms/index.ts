export { kernelNormEngine } from './kernelNormEngine.js';

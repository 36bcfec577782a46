export { type CostMatrices, costMatrix } from './costMatrix.js';
export { meanDistance } from './meanDistance.js';
export { totalVariation } from './totalVariation.js';

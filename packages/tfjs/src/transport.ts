export { type GaussianOpOptions, type GaussianTensors, gaussianTransport } from './gaussianTransport.js';
export { type LabelledOpOptions, labelledDivergence } from './labelledDivergence.js';
export { type MatrixOpOptions, matrixTransport } from './matrixTransport.js';

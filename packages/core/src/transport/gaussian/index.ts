export { symmetricEigenChunked } from '../../linear/symmetricEigen.js';
export { type CheckedGaussian, checkGaussian, type Gaussian } from './gaussian.js';
export { type BarycenterOfGaussians, barycenterOfGaussians, gaussianDivergence } from './gaussianDivergence.js';

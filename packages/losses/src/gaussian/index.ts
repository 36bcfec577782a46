export type { Gaussian } from '@sinkhorn/core/gaussian';
export { type GaussianBarycenter, type GaussianBarycenterOptions, gaussianBarycenter } from './gaussianBarycenter.js';
export {
  type GaussianGradient,
  type GaussianTransport,
  type GaussianTransportOptions,
  gaussianTransport,
} from './gaussianTransport.js';

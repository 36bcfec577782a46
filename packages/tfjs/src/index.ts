export { type HausdorffDivergenceOptions, hausdorffDivergence } from './hausdorffDivergence.js';
export {
  type BlurredMmdOptions,
  type EnergyDistanceOptions,
  energyDistance,
  gaussianMmd,
  laplacianMmd,
} from './mmd.js';
export { modelLoss } from './modelLoss.js';
export type { OpOptions } from './opOptions.js';
export { type SinkhornDivergenceOptions, sinkhornDivergence } from './sinkhornDivergence.js';

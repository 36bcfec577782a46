export { type HausdorffDivergenceOptions, hausdorffDivergence } from './hausdorffDivergence.js';
export { type LossOpOptions, op } from './lossOp.js';
export {
  barycentricMap,
  type MapOptions,
  type PotentialsOptions,
  type PotentialTensors,
  planApply,
  potentials,
} from './maps.js';
export {
  type BlurredMmdOptions,
  type EnergyDistanceOptions,
  energyDistance,
  gaussianMmd,
  laplacianMmd,
} from './mmd.js';
export { modelLoss } from './modelLoss.js';
export type { OpOptions } from './opOptions.js';
export type { ParameterOptions, ParameterTensors } from './parameterTensors.js';
export { type SinkhornDivergenceOptions, sinkhornDivergence } from './sinkhornDivergence.js';

// Methods of solutions that few ask for: loaded by themselves.
export {
  type DisplacementSource,
  type InterpolateOptions,
  type Interpolation,
  interpolate,
  type MapOptions,
  map,
} from './displacement.js';
export { type PotentialsAt, potentialsAt, type SolvedPotentials } from './potentialsAt.js';

export {
  type MaxSlice,
  type SlicedSolution,
  type SlicedWassersteinOptions,
  slicedWasserstein,
} from './slicedWasserstein.js';

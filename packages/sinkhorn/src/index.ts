export { cpu } from '@sinkhorn/backend-cpu';
export * from '@sinkhorn/losses';
// No loss needs these, and no backend: a program that does not name them leaves them out.
export {
  type Barycenter,
  type BarycenterDiagnostics,
  type BarycenterOptions,
  type BarycenterSolver,
  barycenter,
  type FixedSupport,
  type FreeBarycenterDiagnostics,
  type FreeSupport,
  type GridNodes,
  type MovedBarycenter,
} from '@sinkhorn/losses/barycenter';
export {
  type Certificate,
  type CertifiedSolution,
  type ExactPlan,
  type ExactSolution,
  type ExactTransportOptions,
  exactTransport,
} from '@sinkhorn/losses/exact';
export { type LineTransportOptions, transportOnLine } from '@sinkhorn/losses/line';
export {
  type MaxSlice,
  type SlicedSolution,
  type SlicedWassersteinOptions,
  slicedWasserstein,
} from '@sinkhorn/losses/sliced';
export {
  type PermutationOptions,
  type PermutationResult,
  permutationTest,
  type Sample,
  type Statistic,
} from '@sinkhorn/toolkit';
export { backendCandidates, type NamedBackend } from './backendCandidates.js';
// A backend that a program does not use stays out of its first load: those of some size come by import() alone.
export { gpujs } from './backends/gpujs.js';
export { wasm } from './backends/wasm.js';
export { webgpu } from './backends/webgpu.js';
export { selectBackend } from './selectBackend.js';

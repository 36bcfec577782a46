export { cpu } from '@sinkhorn/backend-cpu';
export * from '@sinkhorn/losses';
// No loss needs these, and no backend: a program that does not name them leaves them out.
export { cosine, type GreatCircleOptions, greatCircle, huber, manhattan } from '@sinkhorn/losses/costs';
export {
  type Certificate,
  type CertifiedSolution,
  type ExactPlan,
  type ExactSolution,
  type ExactTransportOptions,
  exactTransport,
} from '@sinkhorn/losses/exact';
export {
  type Gaussian,
  type GaussianBarycenter,
  type GaussianBarycenterOptions,
  type GaussianGradient,
  type GaussianTransport,
  type GaussianTransportOptions,
  gaussianBarycenter,
  gaussianTransport,
} from '@sinkhorn/losses/gaussian';
export {
  type LabelledDivergence,
  type LabelledDivergenceOptions,
  type LabelledGradients,
  type LabelledMeasure,
  type LabelledSolution,
  labelledDivergence,
  type TransferredLabels,
  transferLabels,
} from '@sinkhorn/losses/labels';
export { type LineTransportOptions, transportOnLine } from '@sinkhorn/losses/line';
export {
  type CostMatrix,
  type MatrixDiagnostics,
  type MatrixGradients,
  type MatrixSolution,
  type MatrixTransport,
  type MatrixTransportOptions,
  matrixTransport,
} from '@sinkhorn/losses/matrix';
export { type MedianDistanceOptions, medianDistance } from '@sinkhorn/losses/median';
export { planPerplexity, transportCost } from '@sinkhorn/losses/plan';
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

export { cpu } from '@sinkhorn/backend-cpu';
export { gpujs } from '@sinkhorn/backend-gpujs';
export { wasm } from '@sinkhorn/backend-wasm';
export { webgpu } from '@sinkhorn/backend-webgpu';
export * from '@sinkhorn/losses';
export { type PermutationOptions, type PermutationResult, permutationTest, type Sample } from '@sinkhorn/toolkit';
export { backendCandidates, type NamedBackend } from './backendCandidates.js';
export { selectBackend } from './selectBackend.js';

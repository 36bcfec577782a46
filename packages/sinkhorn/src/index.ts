export { cpu } from '@sinkhorn/backend-cpu';
export * from '@sinkhorn/losses';
export { backendCandidates } from './backendCandidates.js';
export { type PermutationOptions, type PermutationResult, permutationTest, type Sample } from './permutationTest.js';
export { selectBackend } from './selectBackend.js';

export * from './kernel.js';
export { type KernelSums, type MmdResult, solveKernelSums, solveMmd } from './mmd.js';
export * from './mmdOnDevice.js';

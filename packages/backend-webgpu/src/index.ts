export { type WebgpuBackend, type WebgpuOptions, webgpu } from './webgpu.js';
export type { WebgpuMemory } from './webgpuBackend.js';

export type { BufferSharing } from './sharedBuffers.js';
export { type WebgpuBackend, type WebgpuOptions, webgpu } from './webgpu.js';
export type { WebgpuMemory } from './webgpuBackend.js';

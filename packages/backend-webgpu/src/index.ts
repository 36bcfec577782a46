export type { BufferSharing } from './bufferSharing.js';
export { type WebgpuBackend, type WebgpuOptions, webgpu } from './webgpu.js';
export type { WebgpuMemory } from './webgpuMemory.js';

export { type WebgpuBackend, type WebgpuOptions, webgpu } from './webgpu.js';
export type { BufferSharing, WebgpuMemory } from './webgpuBackend.js';

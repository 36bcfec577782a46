export type { GpujsMode } from './device/device.js';
export { type GpujsBackend, type GpujsOptions, gpujs } from './gpujs.js';
export type { GpujsMemory } from './gpujsMemory.js';

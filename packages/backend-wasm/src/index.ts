export { type WasmBackend, type WasmOptions, wasm } from './wasm.js';
export type { WasmMemory } from './wasmMemory.js';

import type { WasmBackend, WasmOptions } from '@sinkhorn/backend-wasm';

/**
 * The backend for CPUs, `@sinkhorn/backend-wasm`: WebAssembly SIMD kernels on all cores. Its code is loaded with the first call.
 *
 * @throws BackendUnavailableError where there is no WebAssembly or no SIMD, InvalidOptionError for bad options.
 */
export async function wasm(options?: WasmOptions): Promise<WasmBackend> {
  const loaded = await import('@sinkhorn/backend-wasm');
  return loaded.wasm(options);
}

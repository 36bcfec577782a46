import type { GpujsBackend, GpujsOptions } from '@sinkhorn/backend-gpujs';

/**
 * The backend for WebGL, `@sinkhorn/backend-gpujs`, by the package gpu.js. Its code is loaded with the first call.
 *
 * @throws BackendUnavailableError where gpu.js is not installed or there is no WebGL, InvalidOptionError for bad options.
 */
export async function gpujs(options?: GpujsOptions): Promise<GpujsBackend> {
  const loaded = await import('@sinkhorn/backend-gpujs');
  return loaded.gpujs(options);
}

import type { WebgpuBackend, WebgpuOptions } from '@sinkhorn/backend-webgpu';

/**
 * The backend for GPUs, `@sinkhorn/backend-webgpu`. Its code is loaded with the first call.
 *
 * @throws BackendUnavailableError where no device is available, InvalidOptionError for bad options.
 */
export async function webgpu(options?: WebgpuOptions): Promise<WebgpuBackend> {
  const loaded = await import('@sinkhorn/backend-webgpu');
  return loaded.webgpu(options);
}

import { type Backend, InvalidOptionError } from '@sinkhorn/core';
import type { GpujsMode } from './device/device.js';
import type { Gpu } from './device/gpu.js';
import { openDevice } from './device/openDevice.js';
import { gpujsBackend } from './gpujsBackend.js';
import type { GpujsMemory } from './gpujsMemory.js';

/** How gpu.js is to run. */
export interface GpujsOptions {
  /**
   * A mode of gpu.js: 'webgl2' or 'webgl' in browsers, 'headlessgl' in Node with the package `gl`, 'cpu' for JavaScript
   * without a GPU. When absent: webgl2, or webgl where there is no webgl2, and headlessgl in Node; never 'cpu'.
   */
  readonly mode?: GpujsMode;
  /** A GPU of gpu.js to share: it stays the caller's, and outlives the backend. */
  readonly gpu?: Gpu;
  /** Loads gpu.js: give `() => import('gpu.js')` in code for bundlers, which find it by that alone. Node finds it by itself. */
  readonly load?: () => Promise<unknown>;
}

/** A backend on gpu.js, and what it runs on. */
export interface GpujsBackend extends Backend {
  /** The mode that kernels run in. */
  readonly mode: GpujsMode;
  /** The mode and the device, in its own words. */
  readonly description: string;
  /** Whether the GPU is emulated in software, or there is none: right, and slower than `wasm`. */
  readonly software: boolean;
  /** What it holds now. */
  memory(): GpujsMemory;
}

const OPTIONS = ['mode', 'gpu', 'load'];
const MODES: readonly GpujsMode[] = ['webgl2', 'webgl', 'headlessgl', 'cpu'];

/**
 * The backend for GPUs without WebGPU: WebGL through gpu.js, with kernels generated for each formula at run time.
 *
 * Results stay in textures until they are released. The mode that ran is checked with each kernel, as gpu.js itself goes
 * on in another one in silence. When the WebGL context is lost, whatever waits ends with a DeviceLostError, and a new
 * backend can be made.
 *
 * @throws BackendUnavailableError where gpu.js is not installed, the mode is not there, or the device has no float
 * textures to write or no `highp`; InvalidOptionError for bad options.
 *
 * @example
 * ```ts
 * import { gpujs } from '@sinkhorn/backend-gpujs';
 *
 * const backend = await gpujs({ mode: 'cpu' }); // in a page: gpujs({ load: () => import('gpu.js') })
 * const array = backend.array([1, 2, 3], [3, 1]);
 * if ((await backend.read(array))[2] !== 3) throw new Error('unexpected');
 * backend.dispose();
 * ```
 */
export async function gpujs(options: GpujsOptions = {}): Promise<GpujsBackend> {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new InvalidOptionError(`gpujs has no option '${unknown}': it has ${OPTIONS.join(', ')}`);
  }
  const { mode, gpu, load } = options;
  if (mode !== undefined && !MODES.includes(mode)) {
    throw new InvalidOptionError(`mode is '${mode}': it is one of ${MODES.join(', ')}`);
  }
  if (load !== undefined && typeof load !== 'function') {
    throw new InvalidOptionError(`load is a ${typeof load}: give a function, () => import('gpu.js')`);
  }
  const device = await openDevice(mode, { gpu, load });
  const { description, software } = device;
  return { ...gpujsBackend(device), mode: device.mode, description, software };
}

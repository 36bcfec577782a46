import { type Backend, InvalidOptionError } from '@sinkhorn/core';
import type { BufferSharing } from './bufferSharing.js';
import type { DeviceOptions } from './device/deviceOptions.js';
import { describeAdapter, openDevice } from './device/openDevice.js';
import { webgpuBackend } from './webgpuBackend.js';
import type { WebgpuMemory } from './webgpuMemory.js';
import type { WebgpuType } from './webgpuType.js';

/** Which device to run on: one of the caller's, one of an adapter, or the one that fits a preference. */
export interface WebgpuOptions extends DeviceOptions {
  /** A device to share: it stays the caller's, and outlives the backend. */
  readonly device?: WebgpuType<'GPUDevice'>;
}

/** A backend on WebGPU, and what it runs on. */
export interface WebgpuBackend extends Backend, BufferSharing {
  /** The device that it runs on, its own or the caller's. */
  readonly device: WebgpuType<'GPUDevice'>;
  /** The adapter, in its own words. */
  readonly description: string;
  /** Whether the adapter is a software emulation of a GPU: right, and slower than `wasm`. */
  readonly software: boolean;
  /** What it holds now. */
  memory(): WebgpuMemory;
}

const OPTIONS = ['device', 'adapter', 'powerPreference'];

/**
 * The backend for GPUs: WGSL kernels, generated for each formula at run time.
 *
 * It runs where there is `navigator.gpu`, and in Node by the package `webgpu`. Work is enqueued at once and cut into
 * submissions of about a tenth of a second, so that pages stay responsive; `read` alone waits. When the device is lost,
 * whatever waits ends with a DeviceLostError, and a new backend can be made at once.
 *
 * @throws BackendUnavailableError where there is no WebGPU, no adapter or no device; InvalidOptionError for bad options.
 *
 * @example
 * ```ts
 * import { webgpu } from '@sinkhorn/backend-webgpu';
 *
 * const backend = await webgpu().catch((error) => console.log(error.message)); // why there is none here
 * if (backend) {
 *   const array = backend.array([1, 2, 3], [3, 1]);
 *   if ((await backend.read(array))[2] !== 3) throw new Error('unexpected');
 *   backend.dispose();
 * }
 * ```
 */
export async function webgpu(options: WebgpuOptions = {}): Promise<WebgpuBackend> {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new InvalidOptionError(`webgpu has no option '${unknown}': it has ${OPTIONS.join(', ')}`);
  }
  const { device: given, ...wanted } = options;
  if (given && (wanted.adapter || wanted.powerPreference)) {
    throw new InvalidOptionError('device, adapter and powerPreference choose a device: give one of them');
  }
  // Before a device is opened, which nobody would end if it did not come.
  const { softmaxAlongAxis } = await import('./alongAxis.js');
  const opened = given ? undefined : await openDevice(wanted);
  // The package for Node has devices without adapterInfo.
  const info = given ? given.adapterInfo : opened?.adapter.info;
  const device = given ?? opened?.device;
  if (!device) throw new Error('a device was given or opened');
  const backend = webgpuBackend(device, { softmaxAlongAxis });
  return {
    ...backend,
    ...describeAdapter(info),
    device,
    dispose() {
      backend.dispose();
      opened?.device.destroy();
    },
  };
}

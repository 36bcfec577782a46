import { BackendUnavailableError } from '@sinkhorn/core';
import type { DeviceOptions } from './deviceOptions.js';
import { nodeGpu } from './nodeGpu.js';

export interface OpenedDevice {
  readonly device: GPUDevice;
  readonly adapter: GPUAdapter;
}

/**
 * What is in use: the native objects of Node's package are collected under a device that works with them, if nothing
 * refers to them. They keep no process from its end.
 */
const inUse = new Set<OpenedDevice>();

/** Limits that are raised to what the adapter has. */
const RAISED = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Opens a device, in Node by the package `webgpu`. */
export async function openDevice({ adapter: given, powerPreference }: DeviceOptions): Promise<OpenedDevice> {
  const gpu = given ? undefined : (globalThis.navigator?.gpu ?? (await nodeGpu()));
  const adapter = given ?? (await gpu?.requestAdapter({ powerPreference })) ?? undefined;
  if (!adapter) {
    throw new BackendUnavailableError(
      'webgpu: there is no adapter; this machine has no GPU that WebGPU can use, or it is switched off',
    );
  }
  const requiredLimits = Object.fromEntries(RAISED.map((name) => [name, adapter.limits[name]]));
  try {
    const device = await adapter.requestDevice({ requiredLimits });
    const opened = { device, adapter };
    inUse.add(opened);
    device.lost.then(() => inUse.delete(opened));
    return opened;
  } catch (error) {
    throw new BackendUnavailableError(`webgpu: the adapter gives no device (${messageOf(error)})`, { cause: error });
  }
}

/** What an adapter says that it is, and whether it is a software emulation. */
export function describeAdapter(info: GPUAdapterInfo | undefined): {
  readonly description: string;
  readonly software: boolean;
} {
  const description = [info?.vendor, info?.architecture, info?.device, info?.description]
    .filter((part, index, parts) => part && parts.indexOf(part) === index)
    .join(' ');
  const software = info?.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(description);
  return { description: `${description || 'an adapter without a name'}${software ? ' (software)' : ''}`, software };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0] : String(error));

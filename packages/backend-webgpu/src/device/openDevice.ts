import { BackendUnavailableError } from '@sinkhorn/core';
import type { DeviceOptions } from './deviceOptions.js';

export interface OpenedDevice {
  readonly device: GPUDevice;
  readonly adapter: GPUAdapter;
}

/**
 * What is in use: the native objects of Node's package are collected under a device that works with them, if nothing
 * refers to them. They keep no process from its end.
 */
const inUse = new Set<OpenedDevice>();
let gpuInNode: Promise<GPU> | undefined;

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

interface NodeWebgpu {
  create(options: readonly string[]): GPU;
}

/** One for all devices; it is asked for again after it could not be had. */
async function nodeGpu(): Promise<GPU> {
  gpuInNode ??= createNodeGpu();
  try {
    return await gpuInNode;
  } catch (error) {
    gpuInNode = undefined;
    throw error;
  }
}

async function createNodeGpu(): Promise<GPU> {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new BackendUnavailableError(
      'webgpu: navigator.gpu is missing; this browser has no WebGPU, or the page is not served over https',
    );
  }
  // Not a literal, and with the words of bundlers for leaving it alone: browsers never come here.
  const name = 'webgpu';
  try {
    const { create } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as NodeWebgpu;
    return create([]);
  } catch (error) {
    throw new BackendUnavailableError(
      `webgpu: Node has WebGPU by the package webgpu, which does not load; npm install webgpu (${messageOf(error)})`,
      { cause: error },
    );
  }
}

/** What an adapter says that it is, and whether it is a program that plays a GPU. */
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

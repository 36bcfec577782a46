import { BackendUnavailableError } from '@sinkhorn/core';
import { whyNoVulkan } from './whyNoVulkan.js';

let gpuInNode: Promise<GPU> | undefined;

interface NodeWebgpu {
  create(options: readonly string[]): GPU;
}

/** One for all devices; it is asked for again after it was not available. */
export async function nodeGpu(): Promise<GPU> {
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
  const missing = await whyNoVulkan();
  if (missing !== undefined) {
    throw new BackendUnavailableError(
      `webgpu: there is no adapter; WebGPU in Node needs Vulkan here, with a driver (${missing})`,
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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0] : String(error));

import { cpu } from '@sinkhorn/backend-cpu';
import { type Backend, BackendUnavailableError } from '@sinkhorn/losses';

/** A backend of this package. */
export interface NamedBackend {
  readonly name: string;
  /** Opens it, in the precision asked for where it has a choice. */
  create(precision?: Backend['precision']): Backend | Promise<Backend>;
}

/**
 * The backends of this package, in the order in which they are tried. A heavy one is loaded only then, by dynamic import.
 * Until it has been measured on a GPU, webgpu stands behind wasm: it is there by name.
 */
export const backendCandidates: readonly NamedBackend[] = [
  { name: 'wasm', create: async (precision) => (await import('@sinkhorn/backend-wasm')).wasm({ precision }) },
  { name: 'webgpu', create: gpu },
  { name: 'gpujs', create: webgl },
  { name: 'cpu', create: () => cpu() },
];

/** A GPU, where there is a real one: what a program plays is slower than `wasm`. */
async function gpu(precision: Backend['precision'] = 'float32'): Promise<Backend> {
  // The package webgpu for Node takes a while to load, and says so on stderr where it finds no driver.
  if (!globalThis.navigator?.gpu) {
    throw new BackendUnavailableError('navigator.gpu is missing; in Node, webgpu() itself takes the package webgpu');
  }
  if (precision !== 'float32') throw new BackendUnavailableError('it has float32 only');
  const { webgpu } = await import('@sinkhorn/backend-webgpu');
  const backend = await webgpu();
  if (!backend.software) return backend;
  backend.dispose();
  throw new BackendUnavailableError(`${backend.description} is no GPU`);
}

/** WebGL on a real GPU, where the package gpu.js is installed. */
async function webgl(precision: Backend['precision'] = 'float32'): Promise<Backend> {
  if (precision !== 'float32') throw new BackendUnavailableError('it has float32 only');
  const { gpujs } = await import('@sinkhorn/backend-gpujs');
  const backend = await gpujs();
  if (!backend.software) return backend;
  backend.dispose();
  throw new BackendUnavailableError(`${backend.description} is no GPU`);
}

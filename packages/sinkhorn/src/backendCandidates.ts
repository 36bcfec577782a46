import { cpu } from '@sinkhorn/backend-cpu';
import { type Backend, BackendUnavailableError } from '@sinkhorn/losses';
import { gpujs } from './backends/gpujs.js';
import { wasm } from './backends/wasm.js';
import { webgpu } from './backends/webgpu.js';

/** A backend of this package. */
export interface NamedBackend {
  readonly name: string;
  /**
   * Opens it, in the precision asked for where it has a choice.
   *
   * @param byName - whether it was asked for by its name: then what runs slowly, such as a software emulation of a GPU, will do.
   */
  create(precision?: Backend['precision'], byName?: boolean): Backend | Promise<Backend>;
}

/**
 * The backends of this package, in the order in which they are tried: GPUs first. A heavy one is loaded only then, by dynamic
 * import.
 */
export const backendCandidates: readonly NamedBackend[] = [
  { name: 'webgpu', create: gpu },
  { name: 'wasm', create: (precision) => wasm({ precision }) },
  { name: 'gpujs', create: webgl },
  { name: 'cpu', create: () => cpu() },
];

/** A GPU, where there is a real one: software emulation is slower than `wasm`. */
async function gpu(precision: Backend['precision'] = 'float32', byName = false): Promise<Backend> {
  if (precision !== 'float32') throw new BackendUnavailableError('it has float32 only');
  const backend = await webgpu({ powerPreference: 'high-performance' });
  if (byName || !backend.software) return backend;
  backend.dispose();
  throw new BackendUnavailableError(
    `its adapter is a program and no GPU, ${backend.description}: ask for webgpu by name to use it all the same`,
  );
}

/** WebGL on a real GPU, where the package gpu.js is installed. */
async function webgl(precision: Backend['precision'] = 'float32', byName = false): Promise<Backend> {
  if (precision !== 'float32') throw new BackendUnavailableError('it has float32 only');
  const backend = await gpujs();
  if (byName || !backend.software) return backend;
  backend.dispose();
  throw new BackendUnavailableError(`${backend.description} is no GPU: ask for gpujs by name to use it all the same`);
}

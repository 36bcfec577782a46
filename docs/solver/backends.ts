import { type Backend, cpu, gpujs, wasm, webgpu } from 'sinkhorn';

/** A backend that demos offer. */
export interface BackendEntry {
  readonly name: string;
  readonly label: string;
  /** Opens it, and says in a few words what it runs on. */
  open(): Promise<OpenedBackend>;
}

export interface OpenedBackend {
  readonly backend: Backend;
  readonly description: string;
  /** Right and slow here: never taken unless it is asked for by name. */
  readonly lastResort?: boolean;
}

/** Every backend of the picker, in the order in which they are tried. To add one, add an entry. */
export const backends: readonly BackendEntry[] = [
  {
    name: 'webgpu',
    label: 'WebGPU',
    async open() {
      const backend = await webgpu();
      const { description, software } = backend;
      return { backend, description, lastResort: software };
    },
  },
  {
    name: 'wasm',
    label: 'WebAssembly',
    async open() {
      const backend = await wasm();
      return { backend, description: backend.description };
    },
  },
  {
    name: 'gpujs',
    label: 'WebGL',
    async open() {
      const backend = await gpujs({ load: () => import('gpu.js') });
      const { description, software } = backend;
      return { backend, description, lastResort: software };
    },
  },
  {
    name: 'cpu',
    label: 'JavaScript',
    async open() {
      return { backend: cpu(), description: 'float64, 1 thread', lastResort: true };
    },
  },
];

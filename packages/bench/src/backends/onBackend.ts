import { cpu } from '@sinkhorn/backend-cpu';
import { type WasmBackend, wasm } from '@sinkhorn/backend-wasm';
import type { Backend } from '@sinkhorn/core';

/** A backend to measure on, as plain data. */
export type BackendChoice =
  | { readonly name: 'cpu' }
  | { readonly name: 'wasm'; readonly precision?: Backend['precision']; readonly threads?: number };

/** A backend that gives numbers back without waiting, so that nothing but its work is timed. */
export type ReadableBackend = Backend & Required<Pick<Backend, 'readSync'>> & Partial<Pick<WasmBackend, 'relaxedSimd'>>;

/** Makes a backend, hands it to `work`, and disposes of it. */
export async function onBackend<Result>(
  choice: BackendChoice,
  work: (backend: ReadableBackend) => Result | Promise<Result>,
): Promise<Result> {
  const backend = await make(choice);
  try {
    return await work(readable(backend));
  } finally {
    backend.dispose();
  }
}

async function make({ name, ...options }: BackendChoice): Promise<Backend> {
  return name === 'cpu' ? cpu() : await wasm(options);
}

function readable(backend: Backend): ReadableBackend {
  if (!backend.readSync) throw new TypeError(`${backend.name} cannot be read synchronously`);
  return backend as ReadableBackend;
}

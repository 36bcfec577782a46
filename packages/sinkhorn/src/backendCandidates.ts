import { cpu } from '@sinkhorn/backend-cpu';
import type { Backend } from '@sinkhorn/losses';

/** A backend of this package. */
export interface NamedBackend {
  readonly name: string;
  /** Opens it, in the precision asked for where it has a choice. */
  create(precision?: Backend['precision']): Backend | Promise<Backend>;
}

/** The backends of this package, the fastest first. A heavy one is loaded only when it is tried, by dynamic import. */
export const backendCandidates: readonly NamedBackend[] = [
  { name: 'wasm', create: async (precision) => (await import('@sinkhorn/backend-wasm')).wasm({ precision }) },
  { name: 'cpu', create: () => cpu() },
];

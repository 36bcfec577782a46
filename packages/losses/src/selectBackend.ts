import type { Backend } from '@sinkhorn/core';
import type { BackendCandidate, BackendProbe, SelectBackendOptions } from '@sinkhorn/core/select-backend';

export type { BackendCandidate, BackendProbe, SelectBackendOptions };

// Whoever makes a backend by its factory never loads what tries several.

/** Tries every candidate in turn and says what happened to each; the backends that work are the caller's to dispose of. */
export const probeBackends = async (candidates: readonly BackendCandidate[]): Promise<BackendProbe[]> =>
  (await import('@sinkhorn/core/select-backend')).probeBackends(candidates);

/**
 * The first candidate that starts on this machine.
 *
 * @throws BackendUnavailableError when none does, with every one's reason.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { selectBackend } from '@sinkhorn/losses';
 *
 * const backend = await selectBackend([cpu], {
 *   onUnavailable: ({ name, reason }) => console.warn(`${name}: ${reason}`),
 * });
 * if (backend.name !== 'cpu') throw new Error('unexpected');
 * ```
 */
export const selectBackend = async (
  candidates: readonly BackendCandidate[],
  options?: SelectBackendOptions,
): Promise<Backend> => (await import('@sinkhorn/core/select-backend')).selectBackend(candidates, options);

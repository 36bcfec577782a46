import { BackendUnavailableError } from '../errors.js';
import { checkRunOptions } from '../tasks/checkRunOptions.js';
import type { Backend } from './backend.js';

/** Something that may give a backend: a factory named like its backend, or a name with a way to make it. */
export type BackendCandidate =
  | (() => Backend | Promise<Backend>)
  | { readonly name: string; readonly create: () => Backend | Promise<Backend> };

/** What happened to a candidate. */
export interface BackendProbe {
  readonly name: string;
  /** The backend, if it works here. */
  readonly backend?: Backend;
  /** Why it did not. */
  readonly reason?: string;
  /** How long that took to find out. */
  readonly milliseconds: number;
}

/** What is told of candidates that do not work here. */
export interface SelectBackendOptions {
  readonly onUnavailable?: (probe: BackendProbe) => void;
}

async function probe(candidate: BackendCandidate): Promise<BackendProbe> {
  const create = typeof candidate === 'function' ? candidate : candidate.create;
  const began = performance.now();
  try {
    const backend = await create();
    return { name: candidate.name, backend, milliseconds: performance.now() - began };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: candidate.name, reason, milliseconds: performance.now() - began };
  }
}

/** Tries every candidate in turn and says what happened to each; the backends that work are the caller's to dispose of. */
export async function probeBackends(candidates: readonly BackendCandidate[]): Promise<BackendProbe[]> {
  const probes: BackendProbe[] = [];
  for (const candidate of candidates) probes.push(await probe(candidate));
  return probes;
}

/**
 * The first candidate that starts on this machine.
 *
 * @throws BackendUnavailableError when none does, with the reason of each.
 */
export async function selectBackend(
  candidates: readonly BackendCandidate[],
  options: SelectBackendOptions = {},
): Promise<Backend> {
  const { onUnavailable } = checkRunOptions(options as object) as SelectBackendOptions;
  const failed: BackendProbe[] = [];
  for (const candidate of Array.isArray(candidates) ? candidates : []) {
    const result = await probe(candidate);
    if (result.backend) return result.backend;
    failed.push(result);
    onUnavailable?.(result);
  }
  const reasons = failed.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new BackendUnavailableError(
    failed.length > 0
      ? `no backend works here (${reasons}): install or enable one of them`
      : 'the list of backends is empty: give one factory or more, such as [cpu]',
  );
}

import { type Backend, selectBackend } from '@sinkhorn/losses';
import type { Command } from 'commander';
import { backendCandidates } from '../backendCandidates.js';
import { InputError } from '../inputError.js';

/** Adds the option that chooses a backend. */
export function addBackendOption(command: Command): Command {
  return command.option(
    '--backend <name>',
    `auto, or one of ${backendCandidates.map(({ name }) => name).join(', ')}`,
    'auto',
  );
}

/** Refuses a backend that this package does not have. */
export function checkBackendName(name: string): void {
  const known = ['auto', ...backendCandidates.map((candidate) => candidate.name)];
  if (!known.includes(name))
    throw new InputError(`--backend: there is no backend "${name}"; choose among ${known.join(', ')}`);
}

/**
 * Opens the named backend, or with "auto" the first that comes up.
 *
 * @throws BackendUnavailableError saying why none came up.
 */
export function openBackend(name: string): Promise<Backend> {
  return selectBackend(
    name === 'auto' ? backendCandidates : backendCandidates.filter((candidate) => candidate.name === name),
  );
}

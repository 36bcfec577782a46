import { type Command, Option } from 'commander';
import { type Backend, backendCandidates, selectBackend } from 'sinkhorn';
import { InputError } from '../inputError.js';

/** What is said of the backend on the command line. */
export interface BackendOptions {
  readonly backend: string;
  readonly precision: Backend['precision'] | 'auto';
  /** As of the loss. */
  readonly tolerance?: number | 'none';
}

/** Marginal errors below this are beyond float32. */
const FLOAT32_TOLERANCE = 1e-5;

/** Adds the options that choose a backend, after those of a loss. */
export function addBackendOptions(command: Command): Command {
  const hasTolerance = command.options.some(({ long }) => long === '--tolerance');
  return command
    .option('--backend <name>', `auto, or one of ${backendCandidates.map(({ name }) => name).join(', ')}`, 'auto')
    .addOption(
      new Option(
        '--precision <name>',
        `of the arithmetic: auto is float32${hasTolerance ? ', or float64 for a --tolerance below 1e-5' : ''}; cpu is always float64`,
      )
        .choices(['auto', 'float32', 'float64'])
        .default('auto'),
    );
}

/** Refuses a backend that this package does not have. */
export function checkBackendName(name: string): void {
  const known = ['auto', ...backendCandidates.map((candidate) => candidate.name)];
  if (!known.includes(name))
    throw new InputError(`--backend: there is no backend "${name}"; choose among ${known.join(', ')}`);
}

/**
 * Opens the named backend, or with "auto" the first that works here.
 *
 * @throws BackendUnavailableError saying why none works.
 */
export function openBackend({ backend, precision: asked, tolerance }: BackendOptions): Promise<Backend> {
  const needed = typeof tolerance === 'number' && tolerance < FLOAT32_TOLERANCE ? 'float64' : 'float32';
  const precision = asked === 'auto' ? needed : asked;
  return selectBackend(
    backendCandidates
      .filter(({ name }) => backend === 'auto' || backend === name)
      .map(({ name, create }) => ({ name, create: () => create(precision, name === backend) })),
  );
}

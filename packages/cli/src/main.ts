import { readFileSync } from 'node:fs';
import { printable, printableLines } from '@sinkhorn/toolkit/printable';
import { Command, CommanderError } from 'commander';
import { InvalidMeasureError, SinkhornError } from 'sinkhorn';
import { type CommandIo, STOPPED } from './commandIo.js';
import { exitStatus } from './exitStatus.js';
import { InputError } from './inputError.js';
import { withRemedy } from './remedies.js';

type AddCommand = (program: Command, io: CommandIo, run: (command: () => Promise<number>) => Promise<void>) => void;

/** The commands, in the order of the help. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  compare: async () => (await import('./commands/compare.js')).addCompare,
  flow: async () => (await import('./commands/flow.js')).addFlow,
  test: async () => (await import('./commands/test.js')).addTest,
  drift: async () => (await import('./commands/drift.js')).addDrift,
  register: async () => (await import('./commands/register.js')).addRegister,
  transfer: async () => (await import('./commands/transfer.js')).addTransfer,
  barycenter: async () => (await import('./commands/barycenter.js')).addBarycenter,
  pairwise: async () => (await import('./commands/pairwise.js')).addPairwise,
  doctor: async () => (await import('./commands/doctor.js')).addDoctor,
  bench: async () => (await import('./commands/bench.js')).addBench,
};

/** The one command that the arguments name, without loading the others; else all, for the help. */
async function addCommands(add: (command: AddCommand) => void, [name = '']: readonly string[]): Promise<void> {
  for (const load of Object.hasOwn(commands, name) ? [commands[name]] : Object.values(commands)) add(await load());
}

/**
 * Runs the `sinkhorn` command.
 *
 * @param argv - the arguments, without the program's own name.
 * @returns the exit status: 0 done, 1 not converged, not accurate or in doubt, 2 bad input, 3 a gate failed, 70 an error of the program itself, 130 interrupted.
 */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  let status: number = exitStatus.done;
  const program = new Command('sinkhorn')
    .description('Compares weighted point clouds: Sinkhorn divergence, Hausdorff divergence, MMDs, with gradients.')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(printableLines(text)),
    })
    .configureHelp({ helpWidth: 100 })
    .showHelpAfterError('(sinkhorn --help lists the commands)');
  const run = (command: () => Promise<number>): Promise<void> =>
    command().then((result) => {
      status = result;
    });
  await addCommands((add) => add(program, io, run), argv);
  for (const command of program.commands)
    command.showHelpAfterError(`(sinkhorn ${command.name()} --help lists its options)`);
  for (const command of [program, ...program.commands])
    command.configureOutput({ outputError: (text, write) => write(withRemedy(text, command)) });
  program.addHelpText(
    'after',
    '\nExit status: 0 done, 1 not converged, not accurate or in doubt, 2 bad input, 3 a gate of --fail-below failed,\n70 an error of the program itself, 130 interrupted.',
  );

  try {
    io.signal.throwIfAborted();
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    return statusOf(error, io);
  }
}

function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** A message of the library with its remedies as they are written on the command line, which takes no cost of your own. */
const asOptions = (message: string): string =>
  message
    .replace('normalize: true', '--normalize')
    .replace('or reach to', 'or --reach to')
    .replace(', or a cost formula of your own', '');

/** Which files a message means: of barycenters it names a place in the list of files, and pictures and tables it names as they are. */
function namesIn(message: string): string {
  if (message.startsWith('measures[')) return ' (files are counted from 0)';
  return /\b[xy]\b/.test(message) ? ' (x is A, y is B)' : '';
}

function statusOf(error: unknown, io: CommandIo): number {
  // Commander has printed its message already; help and --version end with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.badInput;
  if (io.signal.aborted) {
    io.stderr.write(STOPPED);
    return exitStatus.interrupted;
  }
  if (error instanceof InvalidMeasureError) {
    // Of barycenters the message names a place in the list of files.
    io.stderr.write(`sinkhorn: ${printable(asOptions(error.message))}${namesIn(error.message)}\n`);
    return exitStatus.badInput;
  }
  if (error instanceof InputError || error instanceof SinkhornError) {
    io.stderr.write(`sinkhorn: ${printable(asOptions(error.message))}\n`);
    return exitStatus.badInput;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(`sinkhorn: internal error, please report it: ${printableLines(details)}\n`);
  return exitStatus.internalError;
}

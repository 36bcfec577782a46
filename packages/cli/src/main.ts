import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InvalidMeasureError, SinkhornError } from 'sinkhorn';
import type { CommandIo } from './commandIo.js';
import { addBarycenter } from './commands/barycenter.js';
import { addBench } from './commands/bench.js';
import { addCompare } from './commands/compare.js';
import { addDoctor } from './commands/doctor.js';
import { addDrift } from './commands/drift.js';
import { addFlow } from './commands/flow.js';
import { addPairwise } from './commands/pairwise.js';
import { addRegister } from './commands/register.js';
import { addTest } from './commands/test.js';
import { addTransfer } from './commands/transfer.js';
import { exitStatus } from './exitStatus.js';
import { InputError } from './inputError.js';
import { printable, printableLines } from './printable.js';

/**
 * Runs the `sinkhorn` command.
 *
 * @param argv - the arguments, without the program's own name.
 * @returns the exit status: 0 done, 1 not converged or not accurate, 2 bad input, 3 a gate failed, 70 an error of the program itself, 130 interrupted.
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
    .showHelpAfterError('(sinkhorn --help lists the commands, sinkhorn compare --help the options of one)');
  const run = (command: () => Promise<number>): Promise<void> =>
    command().then((result) => {
      status = result;
    });
  addCompare(program, io, run);
  addFlow(program, io, run);
  addTest(program, io, run);
  addDrift(program, io, run);
  addRegister(program, io, run);
  addTransfer(program, io, run);
  addBarycenter(program, io, run);
  addPairwise(program, io, run);
  addDoctor(program, io, run);
  addBench(program, io, run);
  program.addHelpText(
    'after',
    '\nExit status: 0 done, 1 not converged or not accurate, 2 bad input, 3 a gate of --fail-below failed, 130 interrupted.',
  );

  try {
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

/** A message of the library with the remedies for unequal masses as they are written on the command line. */
const asOptions = (message: string): string =>
  message.replace('normalize: true', '--normalize').replace('or reach to', 'or --reach to');

function statusOf(error: unknown, io: CommandIo): number {
  // Commander has printed its message already; help and --version end with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.badInput;
  if (io.signal.aborted) {
    io.stderr.write('sinkhorn: stopped; nothing was written\n');
    return exitStatus.interrupted;
  }
  if (error instanceof InvalidMeasureError) {
    // Of barycenters the message names a place in the list of files.
    const names = error.message.startsWith('measures[') ? 'files are counted from 0' : 'x is A, y is B';
    io.stderr.write(`sinkhorn: ${printable(asOptions(error.message))} (${names})\n`);
    return exitStatus.badInput;
  }
  if (error instanceof InputError || error instanceof SinkhornError) {
    io.stderr.write(`sinkhorn: ${printable(error.message)}\n`);
    return exitStatus.badInput;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(`sinkhorn: internal error, please report it: ${printableLines(details)}\n`);
  return exitStatus.internalError;
}

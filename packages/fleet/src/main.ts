import { basename } from 'node:path';
import {
  addReading,
  checkOutputs,
  diameterOf,
  filesOfPoints,
  InputError,
  type InputOptions,
  npyContents,
  number,
  type PointCloud,
  printable,
  reachOption,
  readPoints,
  writeOutputs,
} from '@sinkhorn/cli/files';
import { SinkhornError } from '@sinkhorn/core';
import { Command, CommanderError, Option } from 'commander';
import { type BlobStore, folderStore, httpStore } from './blobStore.js';
import { isOfConnection } from './connection.js';
import { FleetError } from './errors.js';
import { cores, fleet } from './fleet.js';
import type { LossDescription } from './lossDescription.js';
import { numericsOf, numericsText } from './numerics.js';
import { type PairwiseOptions, pairwise, pairwisePart } from './pairwise.js';
import { serve } from './serve.js';

/** What a command talks to. */
export interface CommandIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Common {
  readonly redis: string;
  readonly prefix: string;
  readonly store?: string;
  readonly precision?: 'float32' | 'float64';
}

/**
 * Runs the `sinkhorn-fleet` command.
 *
 * @returns the exit status: 0 done, 1 not accurate, 2 bad input or no Redis there, 70 an error of the program, 130 interrupted.
 */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  let status = 0;
  const program = new Command('sinkhorn-fleet')
    .description('Losses between point clouds on many machines, by BullMQ on Redis or Valkey.')
    .version(numericsText(numericsOf()))
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError(
      '(sinkhorn-fleet --help lists the commands, sinkhorn-fleet pairwise --help the options of one)',
    );
  const common = (command: Command) =>
    command
      .addOption(
        new Option(
          '--redis <url>',
          'where Redis is, or the variable SINKHORN_REDIS, which hides a password from lists of processes',
        ).default(
          io.env.SINKHORN_REDIS ?? 'redis://127.0.0.1:6379',
          io.env.SINKHORN_REDIS === undefined ? undefined : 'that of SINKHORN_REDIS',
        ),
      )
      .option('--prefix <name>', 'what keys in Redis begin with', 'sinkhorn')
      .option('--store <folder|url>', 'where clouds above 4 MB lie: a folder that all see, or an S3-like store')
      .addOption(new Option('--precision <name>', 'of arithmetic (default: float32)').choices(['float32', 'float64']));

  common(program.command('worker'))
    .description('Computes what others ask for, until it is stopped. SIGTERM lets it finish what it computes.')
    .option('--concurrency <count>', 'tiles at a time (default: one for each core)', number)
    .option('--quiet', 'tell of nothing but errors')
    .action(async (options: Common & { readonly concurrency?: number; readonly quiet?: boolean }) => {
      let done = 0;
      const served = await serve({
        connection: options.redis,
        prefix: options.prefix,
        store: storeOf(options.store),
        precision: options.precision,
        concurrency: options.concurrency,
        signal: io.signal,
        onJob: (id, error) => {
          done++;
          if (error)
            io.stderr.write(`sinkhorn-fleet: job ${printable(id.slice(0, 12))}: ${printable(error.message)}\n`);
        },
      });
      if (!options.quiet)
        io.stdout.write(`serving ${served.concurrency} at a time, ${numericsText(served.numerics)}\n`);
      await new Promise<void>((resolve) => {
        if (io.signal.aborted) resolve();
        io.signal.addEventListener('abort', () => resolve());
      });
      await served.close();
      if (!options.quiet) io.stdout.write(`${done} jobs done\n`);
    });

  addReading(common(program.command('pairwise')))
    .description('The loss between all pairs of files of points in a folder, as a matrix.')
    .argument('<folder>', 'files of points, such as .csv, .npy or .ply, in the order of their names')
    .option('--out <file>', 'the matrix, as .npy')
    .option(
      '--index <number>',
      'with --of: only every so many-th tile, from this one on, on this machine, kept in Redis',
      number,
    )
    .option('--of <count>', 'in how many parts the list of tiles is; a Job of Kubernetes has an index for each', number)
    .addOption(
      new Option('--loss <name>', 'the loss')
        .choices(['sinkhorn', 'hausdorff', 'energy', 'gaussian', 'laplacian'])
        .default('sinkhorn'),
    )
    .option('--p <1|2>', 'the cost: 1 for distances, 2 for half squared distances', number)
    .option('--blur <length>', 'the length below which details are blurred (default: 5 % of the diameter)', number)
    .addOption(reachOption)
    .option('--normalize', 'compare shares where weights are counts')
    .option(
      '--engine <name>',
      "the workers' engine, where it is not that of this machine: what a worker shows after V8",
    )
    .action(async (folder: string, options: Common & PairwiseFlags) => {
      lossOfFlags(options, 1);
      const { out, index, of } = options;
      if ((index === undefined) !== (of === undefined)) throw new InputError('--index and --of go together');
      if ((out === undefined) !== (index !== undefined)) {
        throw new InputError('give --out for the matrix, or --index and --of for a part of its tiles');
      }
      if (out !== undefined && !/\.npy$/i.test(out)) throw new InputError(`--out: ${out} must end in .npy`);
      const files = await filesOfPoints(folder);
      // A matrix that took hours should find its place.
      if (out !== undefined) await checkOutputs([out], files);
      const { format, quiet, ...choice } = options;
      const clouds: PointCloud[] = [];
      for (const file of files) clouds.push(await readPoints(file, { ...choice, format: format?.[0] }, io.signal));
      if (!quiet)
        for (const { notes } of clouds) for (const text of notes) io.stderr.write(`note: ${printable(text)}\n`);
      const odd = clouds.find(({ dimension }) => dimension !== clouds[0].dimension);
      if (odd) {
        throw new InputError(
          `${odd.file} has ${odd.dimension} columns and ${clouds[0].file} has ${clouds[0].dimension}; choose the same with --columns`,
        );
      }
      const loss = lossOfFlags(options, 0.05 * diameterOf(...clouds));
      const redis = { connection: options.redis, prefix: options.prefix };
      const { precision, engine } = options;
      const { signal } = io;
      const on =
        out === undefined
          ? await cores({ results: redis, precision, engine, signal })
          : await fleet({ ...redis, store: storeOf(options.store), precision, engine, signal });
      try {
        let told = -1;
        let waits = false;
        const run: PairwiseOptions = {
          on,
          signal,
          onProgress: ({ share, workers, secondsLeft }) => {
            if (workers === 0 && share < 1 && !waits)
              io.stderr.write(`waiting for workers with ${numericsText(on.numerics)}\n`);
            waits = workers === 0;
            const tenth = Math.floor(10 * share);
            if (tenth === told) return;
            told = tenth;
            const left = secondsLeft === undefined ? '' : `, ${secondsLeft.toFixed(0)} s left`;
            io.stderr.write(`${10 * tenth} %${left}, ${workers} workers\n`);
          },
        };
        if (out === undefined) {
          const { tiles, reused } = await pairwisePart(loss, clouds, { ...run, index: index ?? 0, of: of ?? 1 });
          io.stdout.write(`${tiles} tiles are in Redis, ${reused} of them from before\n`);
          return;
        }
        const found = await pairwise(loss, clouds, run);
        const contents = npyContents({ values: found.values, shape: [found.count, found.count] });
        await writeOutputs([{ path: out, contents }]);
        io.stdout.write(
          `wrote ${out}: ${found.count} x ${found.count}, in the order of ${files
            .map((file) => printable(basename(file)))
            .slice(0, 3)
            .join(', ')}${files.length > 3 ? ', ...' : ''}\n`,
        );
        if (found.inaccurate.length > 0) {
          const [[i, j]] = found.inaccurate;
          io.stderr.write(
            `sinkhorn-fleet: not accurate in ${found.inaccurate.length} pairs, first ${printable(basename(files[i]))} and ${printable(basename(files[j]))}; try a larger --blur\n`,
          );
          status = 1;
        }
      } finally {
        await on.close();
      }
    });

  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (io.signal.aborted) {
      io.stderr.write('sinkhorn-fleet: stopped; results that are there are kept for the next run\n');
      return 130;
    }
    const message = printable(messageOf(error));
    if (error instanceof Error && error.name === 'ReplyError') {
      io.stderr.write(`sinkhorn-fleet: Redis refuses a command: ${message}\n`);
      return 2;
    }
    if (isOfConnection(error)) {
      io.stderr.write(
        `sinkhorn-fleet: Redis does not answer (${message}): start one, or say where it is with --redis\n`,
      );
      return 2;
    }
    io.stderr.write(`sinkhorn-fleet: ${message}\n`);
    return error instanceof InputError || error instanceof SinkhornError || error instanceof FleetError ? 2 : 70;
  }
}

interface PairwiseFlags extends InputOptions {
  readonly out?: string;
  readonly index?: number;
  readonly of?: number;
  readonly loss: string;
  readonly p?: number;
  readonly blur?: number;
  readonly reach?: number;
  readonly normalize?: boolean;
  readonly engine?: string;
}

const names: Readonly<Record<string, { readonly loss: string; readonly takes: readonly string[] }>> = {
  sinkhorn: { loss: 'sinkhornDivergence', takes: ['p', 'blur', 'reach'] },
  hausdorff: { loss: 'hausdorffDivergence', takes: ['p', 'blur', 'reach'] },
  energy: { loss: 'energyDistance', takes: [] },
  gaussian: { loss: 'gaussianMmd', takes: ['blur'] },
  laplacian: { loss: 'laplacianMmd', takes: ['blur'] },
};

/** Refuses parameters that the loss does not have: to ignore them would be a wrong answer. */
function lossOfFlags(flags: PairwiseFlags, usualBlur: number): LossDescription {
  const { loss, takes } = names[flags.loss];
  const { p, reach, normalize } = flags;
  // Clouds in one place have no diameter.
  const blur = flags.blur ?? (takes.includes('blur') && usualBlur > 0 ? usualBlur : undefined);
  for (const [name, value] of Object.entries({ p, blur, reach })) {
    if (value !== undefined && !takes.includes(name))
      throw new InputError(`--${name}: the loss ${flags.loss} has none; leave it out`);
  }
  return { loss, options: { p, blur, reach, normalize } } as LossDescription;
}

const storeOf = (place: string | undefined): BlobStore | undefined =>
  place === undefined ? undefined : /^[a-z][a-z0-9+.-]+:\/\//i.test(place) ? httpStore(place) : folderStore(place);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

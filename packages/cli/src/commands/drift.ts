import path from 'node:path';
import { type Drift, driftFromAsync, driftHtml, driftText } from '@sinkhorn/toolkit/drift';
import { printable, printableJson, printableLines } from '@sinkhorn/toolkit/printable';
import { type Command, Option } from 'commander';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { type ProgressLine, progressLine } from '../progress.js';
import type { Kind } from '../readers/readers.js';
import { readTable, type TableOfCells } from '../readers/readTable.js';
import { checkEnding } from '../writers/endings.js';
import { checkOutputs, writeOutputs } from '../writers/outputs.js';
import { addTableReading, type InputOptions, noteTo, number, whole } from './inputs.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { showProgress } from './showProgress.js';
import { gate, probability } from './test.js';

interface DriftCommandOptions extends Omit<InputOptions, 'missing' | 'weights'>, BackendOptions {
  readonly report?: string;
  readonly title?: string;
  readonly failBelow?: number;
  readonly alpha: number;
  readonly quantiles?: boolean;
  readonly gaps: 'category' | 'drop';
  readonly permutations?: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Adds `sinkhorn drift`. */
export function addDrift(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('drift')
    .description('Tells which columns of tables drifted from a reference, by how much, and all of them together.')
    .argument(
      '<reference>',
      'the table to compare with: .csv .tsv .json .jsonl .parquet and all that compare reads, perhaps with .gz',
    )
    .argument('<current...>', 'one or more tables');
  addBackendOptions(
    addTableReading(command, 'the columns to compare, as price,plan (default: all but what looks like an identifier)'),
  )
    .option('--report <file>', 'write a page of HTML with pictures that needs nothing else')
    .option('--title <text>', 'the title of the report')
    .option('--fail-below <p>', 'end with exit status 3 where the p-value of a table is below this', probability)
    .option('--alpha <level>', 'the level at which drift is said to be found', number, 0.05)
    .option('--quantiles', 'standardise by median and quartiles in place of mean and deviation')
    .addOption(
      new Option('--gaps <rule>', 'missing cells: a value of their own, or left out')
        .choices(['category', 'drop'])
        .default('category'),
    )
    .option('--permutations <count>', 'how many shuffles (default: 999, or more for many columns)', whole(1))
    .option('--seed <number>', 'seed of the shuffles', whole(0), 0)
    .option('--json', 'print one JSON document instead of text')
    .action((reference: string, currents: readonly string[], options: DriftCommandOptions) =>
      run(() => driftOf(reference, currents, options, io)),
    );
}

async function driftOf(
  reference: string,
  currents: readonly string[],
  options: DriftCommandOptions,
  io: CommandIo,
): Promise<number> {
  checkBackendName(options.backend);
  checkEnding('--report', options.report, 'page');
  await checkOutputs(options.report === undefined ? [] : [options.report], [reference, ...currents]);
  const progress = progressLine(io.stderr, options.quiet);
  const note = noteTo(io, options.quiet, progress);
  try {
    const before = await read(reference, options.format?.[0], options, io, progress);
    for (const text of before.notes) note(text);
    const backend = await openBackend(options);
    const found: Drift[] = [];
    try {
      const { columns, alpha, seed, permutations, gaps, quantiles, failBelow } = options;
      const compare = await driftFromAsync(before.columns, {
        backend,
        signal: io.signal,
        ...(columns && { columns }),
        ...(permutations !== undefined && { permutations }),
        alpha,
        ...(failBelow !== undefined && failBelow > 0 && { leastP: failBelow / 2 }),
        seed,
        missing: gaps,
        standardize: quantiles ? 'quantiles' : 'deviation',
      });
      for (const file of currents) {
        const current = await read(file, options.format?.[1] ?? options.format?.[0], options, io, progress);
        for (const text of current.notes) note(text);
        found.push(
          await compare(current.columns, {
            name: path.basename(file),
            signal: io.signal,
            onProgress: showProgress(progress, printable(file)),
          }),
        );
      }
    } finally {
      backend.dispose();
    }
    if (options.report !== undefined) {
      progress.show('writing');
      const title = options.title ?? `Drift from ${path.basename(reference)}`;
      await writeOutputs([{ path: options.report, contents: driftHtml(found, { title }) }]);
    }
    progress.clear();
    const text = found.map(driftText).join('\n\n');
    const wrote = options.report === undefined ? '' : `Wrote ${printable(options.report)}\n`;
    io.stdout.write(options.json ? `${printableJson(found)}\n` : `${printableLines(text)}\n${wrote}`);
    return gateOf(found, options.failBelow, io);
  } finally {
    progress.clear();
  }
}

/** Fails a table that lacks a column of the reference, whatever its p-values are; others by their p-values. */
function gateOf(found: readonly Drift[], failBelow: number | undefined, io: CommandIo): number {
  const short = found.find(({ absent }) => absent.length > 0);
  if (failBelow === undefined || !short) return gate(found, failBelow, io);
  const absent = short.absent.join(', ');
  io.stderr.write(
    `sinkhorn: gate failed: ${printable(short.name)} has no column ${printable(absent)}; --columns names those to compare\n`,
  );
  return exitStatus.failedGate;
}

function read(
  file: string,
  format: Kind | undefined,
  options: DriftCommandOptions,
  io: CommandIo,
  progress: ProgressLine,
): Promise<TableOfCells> {
  const { columns, header, delimiter, decimal, comment, skipRows, array, maxUnzipped } = options;
  progress.show(`reading ${printable(file)}`);
  return readTable(
    file,
    { columns, header, delimiter, decimal, comment, skipRows, array, maxUnzipped, format },
    io.signal,
  );
}

import path from 'node:path';
import { printable, printableJson } from '@sinkhorn/toolkit/printable';
import { embedDistances, pairwise } from '@sinkhorn/toolkit/shapes';
import type { Command } from 'commander';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { InputError } from '../inputError.js';
import { progressLine } from '../progress.js';
import { filesOfPoints } from '../readers/filesOfPoints.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { readPoints } from '../readers/readPoints.js';
import { checkEnding } from '../writers/endings.js';
import { formatNumber } from '../writers/numbers.js';
import { checkOutputs, type Output, writeOutputs } from '../writers/outputs.js';
import { formatTable } from '../writers/table.js';
import { tableContents } from '../writers/tableContents.js';
import { addReading, diameterOf, type InputOptions, noteTo } from './inputs.js';
import { addLossOptions, checkLossOptions, chooseLoss, type LossOptions } from './lossChoice.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { showProgress } from './showProgress.js';

interface PairwiseOptions extends InputOptions, LossOptions, BackendOptions {
  readonly out?: string;
  readonly embed?: string;
  readonly json?: boolean;
}

/** Adds `sinkhorn pairwise`. */
export function addPairwise(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('pairwise')
    .description('The loss between all pairs of the clouds in a folder, and a map of them.')
    .argument('<folder>', 'the folder; every file in it of a kind that compare reads is a cloud');
  addBackendOptions(addLossOptions(addReading(command)))
    .option('--out <file>', 'write the matrix, as CSV or .npy')
    .option(
      '--embed <file>',
      'write coordinates with nearly the distances sqrt(2 S), or S for p = 1 and the square root of it for kernels, as CSV or .npy',
    )
    .option('--json', 'print one JSON document instead of a table')
    .action((folder: string, options: PairwiseOptions) => run(() => allPairs(folder, options, io)));
}

async function allPairs(folder: string, options: PairwiseOptions, io: CommandIo): Promise<number> {
  checkBackendName(options.backend);
  checkLossOptions(options);
  checkEnding('--out', options.out, 'table');
  checkEnding('--embed', options.embed, 'table');
  const files = await filesOfPoints(folder);
  await checkOutputs(
    [options.out, options.embed].filter((file) => file !== undefined),
    files,
  );
  const progress = progressLine(io.stderr, options.quiet);
  const note = noteTo(io, options.quiet, progress);
  try {
    const { format, ...choice } = options;
    const clouds: PointCloud[] = [];
    for (const file of files) {
      progress.show(`reading ${printable(file)}`);
      clouds.push(await readPoints(file, { ...choice, format: format?.[0] }, io.signal));
    }
    for (const { notes } of clouds) for (const text of notes) note(text);
    const odd = clouds.find(({ dimension }) => dimension !== clouds[0].dimension);
    if (odd)
      throw new InputError(
        `${odd.file} has ${odd.dimension} columns and ${clouds[0].file} has ${clouds[0].dimension}; choose the same with --columns`,
      );
    const backend = await openBackend(options);
    try {
      const chosen = chooseLoss(options, backend, diameterOf(...clouds));
      const found = await pairwise(chosen.loss, clouds, {
        signal: io.signal,
        onProgress: showProgress(progress, chosen.title),
      });
      const names = files.map((file) => path.basename(file));
      const outputs = await outputsOf(names, found.values, chosen, options, io.signal);
      await writeOutputs(outputs);
      progress.clear();
      const rows = names.map((_, i) => Array.from(found.values.subarray(i * found.count, (i + 1) * found.count)));
      io.stdout.write(
        options.json
          ? `${printableJson({ loss: chosen.name, options: chosen.parameters, names, values: rows, symmetric: found.symmetric, inaccurate: found.inaccurate })}\n`
          : `${tableOf(names, rows, [chosen.title, chosen.summary].filter(Boolean).join(', '))}${outputs.map(({ path: file }) => `wrote ${printable(file)}\n`).join('')}`,
      );
      if (found.inaccurate.length === 0) return exitStatus.done;
      const [[i, j]] = found.inaccurate;
      io.stderr.write(
        `sinkhorn: not accurate in ${found.inaccurate.length} pairs, first ${printable(names[i])} and ${printable(names[j])}; try a larger --blur\n`,
      );
      return exitStatus.notConverged;
    } finally {
      backend.dispose();
    }
  } finally {
    progress.clear();
  }
}

async function outputsOf(
  names: readonly string[],
  values: Float64Array,
  { parameters }: ReturnType<typeof chooseLoss>,
  { out, embed }: PairwiseOptions,
  signal: AbortSignal,
): Promise<Output[]> {
  const count = names.length;
  const outputs: Output[] = [];
  if (out !== undefined)
    outputs.push({
      path: out,
      contents: await tableContents(out, { header: names, rows: count, at: (i, j) => values[i * count + j] }, signal),
    });
  if (embed !== undefined) {
    // Costs are p-th powers over p, and kernel norms half a square.
    const { p = 2, root = false } = parameters;
    const distances = values.map((value, k) => {
      if (k % (count + 1) === 0) return 0;
      return root ? Math.max(0, value) : Math.max(0, p * value) ** (1 / p);
    });
    const { points, dimension } = embedDistances(distances);
    outputs.push({
      path: embed,
      contents: await tableContents(
        embed,
        { header: ['x', 'y'], rows: count, at: (i, d) => points[i * dimension + d] },
        signal,
      ),
    });
  }
  return outputs;
}

/** More than this do not fit into a terminal. */
const MOST_SHOWN = 12;

function tableOf(names: readonly string[], rows: readonly (readonly number[])[], summary: string): string {
  const short = (text: string) => printable(text.length > 16 ? `${text.slice(0, 15)}…` : text);
  const shown = rows
    .slice(0, MOST_SHOWN)
    .map((row, i) => [short(names[i]), ...row.slice(0, MOST_SHOWN).map((value) => formatNumber(value, 3))]);
  const more = names.length > MOST_SHOWN ? `the first ${MOST_SHOWN} of ${names.length} clouds; --out writes all\n` : '';
  return `${summary}\n${formatTable([['cloud', ...names.slice(0, MOST_SHOWN).map(short)], ...shown], { header: true })}\n${more}`;
}

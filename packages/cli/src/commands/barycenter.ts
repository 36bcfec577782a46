import { printable, printableJson } from '@sinkhorn/toolkit/printable';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { barycenter } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { InputError } from '../inputError.js';
import { progressLine } from '../progress.js';
import { checkGridName, gridContents } from '../writers/gridContents.js';
import { formatDuration, formatNumber } from '../writers/numbers.js';
import { checkOutputs, writeOutputs } from '../writers/outputs.js';
import { formatTable } from '../writers/table.js';
import { addGridOptions, type GridOptions, gridJson, gridText, measureOf, readGrids } from './gridInputs.js';
import { addReading, type InputOptions, number, whole } from './inputs.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { reachOption } from './reach.js';
import { showProgress } from './showProgress.js';

interface BarycenterCommandOptions extends Omit<InputOptions, 'weights'>, GridOptions, BackendOptions {
  readonly out: string;
  readonly weights?: readonly number[];
  readonly p?: number;
  readonly blur?: number;
  readonly reach?: number;
  readonly debias: boolean;
  readonly tolerance?: number;
  readonly maxIterations?: number;
  readonly json?: boolean;
}

/** Adds `sinkhorn barycenter`. */
export function addBarycenter(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('barycenter')
    .description('The mean of pictures, volumes or histograms in the sense of transport, each scaled to mass 1.')
    .argument('<files...>', 'masses on one and the same grid: .png .pgm .npy, or tables with one column')
    .requiredOption('-o, --out <file>', 'where to write it: .npy, .csv, or .png, in which the largest mass is white');
  const weights = new Option(
    '--weights <numbers>',
    'how much each file counts, as 2,1,1; only their ratios count (default: all alike)',
  ).argParser(ratios);
  addBackendOptions(addGridOptions(addReading(command, weights)))
    .option('--p <1|2>', 'the cost: 1 for distances, 2 for half squared distances (default: 2)', number)
    .option('--blur <length>', 'the length below which details are blurred (default: the largest spacing)', number)
    .addOption(reachOption)
    .option('--no-debias', 'leave the blur in the mean, as other programs do, for comparison')
    .option(
      '--tolerance <gap>',
      'how far above the least the objective may be, as a share of it (default: 0.001)',
      number,
    )
    .option('--max-iterations <count>', 'evaluations of the objective at most (default: 200)', whole(1))
    .option('--json', 'print one JSON document instead of a table')
    .action((files: string[], options: BarycenterCommandOptions) => run(() => find(files, options, io)));
}

function ratios(text: string): readonly number[] {
  const values = text.split(',').map(number);
  if (values.every((value) => value > 0 && value < Number.POSITIVE_INFINITY)) return values;
  throw new InvalidArgumentError('numbers are above 0; leave out the file that does not count.');
}

async function find(files: readonly string[], options: BarycenterCommandOptions, io: CommandIo): Promise<number> {
  const { out, p = 2, tolerance, reach, debias, maxIterations, weights = files.map(() => 1), ...reading } = options;
  checkBackendName(options.backend);
  checkGridName('--out', out);
  if (p !== 1 && p !== 2) throw new InputError(`--p: ${p} is neither 1 nor 2`);
  if (weights.length !== files.length) {
    throw new InputError(`--weights: there are ${weights.length} numbers for ${files.length} files; give one for each`);
  }
  await checkOutputs([out], files);
  const progress = progressLine(io.stderr, options.quiet);
  try {
    const grids = await readGrids(files, reading, io, progress);
    const [first] = grids;
    const other = grids.find(({ shape }) => String(shape) !== String(first.shape));
    if (other) {
      throw new InputError(
        `${first.file} has ${first.shape.join(' x ')} nodes and ${other.file} has ${other.shape.join(' x ')}; give files of one size`,
      );
    }
    const blur = options.blur ?? Math.max(...first.spacing);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const backend = await openBackend(options);
    try {
      const solver = barycenter({
        backend,
        p,
        blur,
        reach,
        debias,
        weights: weights.map((weight) => weight / total),
        normalize: true,
        tolerance,
        maxIterations,
      });
      const call = { signal: io.signal, onProgress: showProgress(progress, 'barycenter') };
      const found = await solver.solve(grids.map(measureOf), { support: 'grid', ...call });
      await writeOutputs([
        { path: out, contents: await gridContents(out, { ...first, values: found.weights }, 'mass', io.signal) },
      ]);
      progress.clear();
      const { diagnostics, value, values } = found;
      const on = `${backend.name} (${backend.precision})`;
      const facts = {
        options: { p, blur, reach: reach ?? null, debias, weights, tolerance: tolerance ?? null },
        value,
        values: Array.from(values),
      };
      io.stdout.write(
        options.json
          ? `${printableJson({ ...facts, backend: on, diagnostics, inputs: grids.map(gridJson) })}\n`
          : `${formatTable([
              ...grids.map((grid, k) => [formatNumber(weights[k] / total), gridText(grid)]),
              ['blur', `${formatNumber(blur)}${debias ? '' : ', left in the mean'}`],
              ...(reach === undefined ? [] : [['reach', formatNumber(reach)]]),
              ['objective', formatNumber(value, 7)],
              ['gap', `${formatNumber(diagnostics.gap)}: it is above the least by no more than this`],
              ['iterations', `${diagnostics.iterations}, the last by ${diagnostics.method}`],
              ['backend', on],
              ['time', formatDuration(diagnostics.milliseconds)],
              ['wrote', printable(out)],
            ])}\n`,
      );
      if (diagnostics.converged) return exitStatus.done;
      io.stderr.write(
        `sinkhorn: not converged: the objective may be ${formatNumber(diagnostics.gap)} above the least; try a larger --tolerance or --max-iterations\n`,
      );
      return exitStatus.notConverged;
    } finally {
      backend.dispose();
    }
  } finally {
    progress.clear();
  }
}

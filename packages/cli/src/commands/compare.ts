import { type PermutationResult, permutationTest } from '@sinkhorn/toolkit';
import { printableJson } from '@sinkhorn/toolkit/printable';
import type { Command } from 'commander';
import type { CallOptions, PointsMeasure } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { InputError } from '../inputError.js';
import { type ProgressLine, progressLine } from '../progress.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { scalesNote, standardized } from '../standardized.js';
import { checkOutputs, writeOutputs } from '../writers/outputs.js';
import { checkEndings, makeOutputs, type OutputOptions, outputPaths } from './compareOutputs.js';
import { toJson, toTable } from './compareReport.js';
import type { Comparison } from './comparison.js';
import { drawRows } from './drawRows.js';
import { addGridOptions, type GridOptions, isOnGrids } from './gridInputs.js';
import { addInputs, diameterOf, type InputOptions, noteTo, readPair, whole } from './inputs.js';
import { addLabelOptions, checkLabelOptions, type LabelOptions, labelledLoss } from './labels.js';
import {
  addLossOptions,
  type ChosenLoss,
  checkLossOptions,
  chooseLoss,
  hasPlan,
  type LossOptions,
  valueAndGradient,
} from './lossChoice.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { addPictureOptions } from './pictureOptions.js';
import { reportStatus } from './reportStatus.js';
import { requireDiameter, requireFinite } from './requireFinite.js';
import { showProgress } from './showProgress.js';

interface CompareOptions extends InputOptions, GridOptions, LossOptions, LabelOptions, OutputOptions, BackendOptions {
  readonly json?: boolean;
  readonly permutations?: number;
  readonly seed: number;
  readonly standardize?: boolean;
}

/** Adds `sinkhorn compare`. */
export function addCompare(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('compare')
    .description(
      'The loss between two clouds, its gradient, the transport, and a test; or between two grids, with --spacing.',
    );
  addPictureOptions(addBackendOptions(addLabelOptions(addLossOptions(addGridOptions(addInputs(command))))))
    .option('--json', 'print one JSON document instead of a table')
    .option('--gradient <file>', "write the gradient with respect to A's points and weights, as CSV or .npy")
    .option('--transport <file>', 'write where each point of A goes, as CSV (losses sinkhorn, line, exact)')
    .option('--plot <file>', 'draw the transport, or for other losses the way down for each point, as SVG')
    .option(
      '--permutations <count>',
      'test whether both clouds are samples of one distribution, with so many shuffles',
      whole(1),
    )
    .option('--permutation-plot <file>', 'draw the values of the shuffles, as SVG (with --permutations)')
    .option('--seed <number>', 'seed of the shuffles', whole(0), 0)
    .option(
      '--standardize',
      "compare in deviations from A's mean, column by column: where columns have units of their own",
    )
    .action((a: string, b: string, options: CompareOptions) =>
      run(async () => {
        checkLabelOptions(options);
        if (!isOnGrids([a, b], options)) return compare([a, b], options, io);
        const { compareGrids } = await import('./compareGrids.js');
        return compareGrids([a, b], options, io);
      }),
    );
}

async function compare(files: readonly [string, string], options: CompareOptions, io: CommandIo): Promise<number> {
  const outputs = await checkOptions(files, options);
  const progress = progressLine(io.stderr, options.quiet);
  try {
    const found = await measure(files, options, io, progress);
    progress.show('writing');
    await writeOutputs(await makeOutputs(found, options, io.signal));
    progress.clear();
    io.stdout.write(options.json ? `${printableJson(toJson(found))}\n` : `${toTable(found, outputs)}\n`);
    return reportStatus(found.diagnostics, io);
  } finally {
    progress.clear();
  }
}

/** Refuses whatever can be refused before the files are read; returns the paths of the outputs. */
async function checkOptions(files: readonly string[], options: CompareOptions): Promise<readonly string[]> {
  checkBackendName(options.backend);
  checkLossOptions(options);
  if (options.transport !== undefined && !hasPlan(options.loss)) {
    throw new InputError(`--transport: losses sinkhorn, line and exact have a plan, not ${options.loss}`);
  }
  if (options.permutationPlot !== undefined && options.permutations === undefined) {
    throw new InputError('--permutation-plot: it needs --permutations');
  }
  checkEndings(options);
  const outputs = outputPaths(options);
  await checkOutputs(outputs, files);
  return outputs;
}

async function measure(
  files: readonly [string, string],
  options: CompareOptions,
  io: CommandIo,
  progress: ProgressLine,
): Promise<Comparison> {
  progress.show('reading');
  const read = await readPair(files, options, io, progress);
  const note = await scalesNote(read[0], io.signal);
  if (note && !options.standardize) noteTo(io, options.quiet, progress)(note);
  const [a, b] = options.standardize ? await standardized(...read, io.signal) : read;
  const backend = await openBackend(options);
  try {
    const unlabelled = chooseLoss(options, backend, requireDiameter([a, b], diameterOf(a, b)));
    const labelled =
      options.labels === undefined
        ? undefined
        : await labelledLoss([a, b], unlabelled, options, noteTo(io, options.quiet, progress), io.signal);
    const chosen = labelled?.chosen ?? unlabelled;
    const needsPlan = options.transport !== undefined || options.plot !== undefined;
    const call = { signal: io.signal, onProgress: showProgress(progress, chosen.title) };
    const solved = labelled ? await labelled.solve(needsPlan, call) : await solve(chosen, a, b, needsPlan, call);
    requireFinite([a, b], backend.name, {
      value: solved.value,
      gradient: solved.gradient.points,
      'gradient of the weights': solved.gradient.weights,
      transport: solved.transport?.targets,
      'marginal error': solved.diagnostics.marginalError,
    });
    const test = options.permutations === undefined ? undefined : await runTest(chosen, a, b, options, io, progress);
    requireFinite([a, b], backend.name, { 'p-value': test?.pValue, 'value of a shuffle': test?.permuted });
    const distance = await lengths(chosen, a, b, solved.value, options.seed, call);
    return {
      a,
      b,
      chosen,
      ...solved,
      ...(test ? { test } : {}),
      ...(distance && { distance }),
      standardized: options.standardize ?? false,
    };
  } finally {
    backend.dispose();
  }
}

type Solved = Pick<Comparison, 'value' | 'gradient' | 'diagnostics' | 'standardError' | 'transport' | 'labels'>;

async function solve(
  chosen: ChosenLoss,
  a: PointCloud,
  b: PointCloud,
  needsPlan: boolean,
  call: CallOptions,
): Promise<Solved> {
  if (!chosen.planned || !needsPlan) return valueAndGradient(await chosen.loss.solve(a, b, { ...call, wrt: 'x' }));
  const solution = await chosen.planned.solve(a, b, { ...call, wrt: 'x' });
  const targets = await solution.plan.barycentricMap(call);
  const sources = await solution.plan.transpose().barycentricMap(call);
  return { ...(await valueAndGradient(solution)), transport: { targets, sources } };
}

/** Fewer points have no halves to speak of. */
const FEWEST_POINTS = 8;

/** The value as a length, and that of two halves of A, drawn by the seed: what chance alone gives. Only balanced transport has one. */
async function lengths(
  { loss, lengthOf, parameters }: ChosenLoss,
  a: PointCloud,
  b: PointCloud,
  value: number,
  seed: number,
  call: CallOptions,
): Promise<Comparison['distance']> {
  if (!lengthOf) return undefined;
  const massOf = ({ weights }: PointCloud) => (weights ? weights.reduce((sum, weight) => sum + weight, 0) : 1);
  const mass = parameters.normalize ? 1 : massOf(a);
  const between = lengthOf(value, mass);
  if (a.count < FEWEST_POINTS || a.count * b.count > MOST_PAIRS) return { between };
  const [one, other] = halvesOf(a, seed, mass);
  if (!one || !other) return { between };
  return { between, halves: lengthOf(await loss.value(one, other, { signal: call.signal }), mass) };
}

/** A yardstick must not take longer than what it measures. */
const MOST_PAIRS = 1e10;

function halvesOf(a: PointCloud, seed: number, mass: number): (PointsMeasure | undefined)[] {
  const first = new Set(drawRows(a.count, Math.floor(a.count / 2), seed));
  return [true, false].map((isFirst) => {
    const rows = Array.from({ length: a.count }, (_, row) => row).filter((row) => first.has(row) === isFirst);
    const points = new Float64Array(rows.length * a.dimension);
    rows.forEach((row, index) => {
      points.set(a.points.subarray(row * a.dimension, (row + 1) * a.dimension), index * a.dimension);
    });
    const weights = Float64Array.from(rows, (row) => a.weights?.[row] ?? 1);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return total > 0
      ? { points, dimension: a.dimension, weights: weights.map((weight) => (weight / total) * mass) }
      : undefined;
  });
}

function runTest(
  chosen: ChosenLoss,
  a: PointCloud,
  b: PointCloud,
  { permutations, seed }: CompareOptions,
  { signal }: CommandIo,
  progress: ProgressLine,
): Promise<PermutationResult> {
  return permutationTest(chosen.loss, a, b, {
    permutations,
    seed,
    signal,
    onProgress: (done, total) => progress.show('permutations', done, total),
  });
}

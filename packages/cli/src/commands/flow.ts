import path from 'node:path';
import { printable, printableJson } from '@sinkhorn/toolkit/printable';
import type { Command } from 'commander';
import type { Diagnostics, MeasureGradient, Solution } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { InputError } from '../inputError.js';
import { type ProgressLine, progressLine } from '../progress.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { writeCsv } from '../writers/csv.js';
import { count, formatDuration, formatNumber } from '../writers/numbers.js';
import { checkOutputFolder, type Output, writeOutputFolder } from '../writers/outputs.js';
import { formatTable } from '../writers/table.js';
import { addInputs, diameterOf, type InputOptions, inputJson, inputText, number, readPair, whole } from './inputs.js';
import {
  addLossOptions,
  type ChosenLoss,
  checkLossOptions,
  chooseLoss,
  type LossOptions,
  type ValueAndGradient,
  valueAndGradient,
} from './lossChoice.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { addPictureOptions, type PictureOptions, titleOf } from './pictureOptions.js';
import { requireDiameter, requireFinite } from './requireFinite.js';

interface FlowOptions extends InputOptions, LossOptions, BackendOptions, PictureOptions {
  readonly steps: number;
  readonly rate?: number;
  readonly frames: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Adds `sinkhorn flow`. */
export function addFlow(program: Command, io: CommandIo, run: (command: () => Promise<number>) => Promise<void>): void {
  const command = program
    .command('flow')
    .description(
      'Moves A onto B down the gradient of a loss; writes frames, the curve of the loss and the final points.',
    );
  addPictureOptions(addBackendOptions(addLossOptions(addInputs(command))))
    .option('--steps <count>', 'how many steps', whole(1), 20)
    .option(
      '--rate <number>',
      'length of a step, in units of the gradient of a point of unit weight (default: by the loss)',
      number,
    )
    .option('--frames <count>', 'how many pictures, the first before and the last after all steps', whole(2), 6)
    .option('--out <folder>', 'the folder for frame-*.svg, loss.svg and points.csv', 'flow')
    .option('--json', 'print one JSON document instead of a table')
    .action((a: string, b: string, options: FlowOptions) => run(() => flow([a, b], options, io)));
}

async function flow(files: readonly [string, string], options: FlowOptions, io: CommandIo): Promise<number> {
  checkBackendName(options.backend);
  checkLossOptions(options);
  if (options.rate !== undefined && !(options.rate > 0 && Number.isFinite(options.rate)))
    throw new InputError('--rate: it must be above 0');
  const frameNames = framesOf(options.steps, options.frames).map((step) => frameName(step, options.steps));
  await checkOutputFolder(options.out, [...new Set(frameNames), 'loss.svg', 'points.csv'], files);
  const progress = progressLine(io.stderr, options.quiet);
  try {
    progress.show('reading');
    const [a, b] = await readPair(files, options, io, progress);
    const moved = await move(a, b, options, io, progress);
    progress.show('writing');
    const outputs = await makeOutputs(moved, a, b, options, io.signal);
    await writeOutputFolder(options.out, outputs);
    progress.clear();
    io.stdout.write(
      options.json ? `${printableJson(toJson(moved, a, b, options))}\n` : `${toTable(moved, a, b, options, outputs)}\n`,
    );
    if (moved.diagnostics.every(({ converged }) => converged)) return exitStatus.done;
    const failed = moved.diagnostics.filter(({ converged }) => !converged).length;
    io.stderr.write(
      `sinkhorn: not converged in ${failed} of ${count(moved.diagnostics.length, 'step')}; try a larger --blur or --tolerance\n`,
    );
    return exitStatus.notConverged;
  } finally {
    progress.clear();
  }
}

/** A's way to B. */
interface Moved {
  readonly chosen: ChosenLoss;
  readonly rate: number;
  /** The value before each step, and after the last one. */
  readonly values: readonly number[];
  readonly diagnostics: readonly Diagnostics[];
  /** The points at the steps that become frames, the last step included. */
  readonly frames: readonly { readonly step: number; readonly points: Float64Array }[];
  readonly milliseconds: number;
}

async function move(
  a: PointCloud,
  b: PointCloud,
  options: FlowOptions,
  io: CommandIo,
  progress: ProgressLine,
): Promise<Moved> {
  const startedAt = performance.now();
  const backend = await openBackend(options);
  try {
    const diameter = requireDiameter([a, b], diameterOf(a, b));
    const chosen = chooseLoss(options, backend, diameter);
    const rate = options.rate ?? defaultRate(chosen, diameter, a.dimension);
    const { normalize = false } = options;
    const evaluate = evaluator(chosen, b, io.signal);
    const kept = new Set(framesOf(options.steps, options.frames));
    const frames: { step: number; points: Float64Array }[] = [];
    const values: number[] = [];
    const diagnostics: Diagnostics[] = [];
    let points = a.points;
    for (let step = 0; step <= options.steps; step++) {
      progress.show('flow: steps', step, options.steps);
      if (kept.has(step)) frames.push({ step, points });
      const found = await evaluate({ ...a, points });
      requireFinite([a, b], backend.name, {
        [`value before step ${step + 1}`]: found.value,
        gradient: found.gradient.points,
        'marginal error': found.diagnostics.marginalError,
      });
      values.push(found.value);
      diagnostics.push(found.diagnostics);
      if (step < options.steps) points = descend(a, points, found.gradient, { rate, normalize });
      requireFinite([{ ...a, points }], backend.name, { 'place of a point': points });
    }
    return { chosen, rate, values, diagnostics, frames, milliseconds: performance.now() - startedAt };
  } finally {
    backend.dispose();
  }
}

/** Value and gradient at moving points: what belongs to B alone is computed once, and each solve starts at the last one's end. */
function evaluator(
  chosen: ChosenLoss,
  b: PointCloud,
  signal: AbortSignal,
): (x: PointCloud) => Promise<ValueAndGradient> {
  const target = chosen.loss.target(b);
  let start: Solution | undefined;
  return async (x) => {
    const solution = await target.solve(x, { signal, start, wrt: 'x' });
    start = solution;
    return valueAndGradient(solution);
  };
}

/** A gradient step of each point, by its own weight in the loss: a light point is as fast as a heavy one. */
function descend(
  a: PointCloud,
  points: Float64Array,
  gradient: MeasureGradient,
  { rate, normalize }: { readonly rate: number; readonly normalize: boolean },
): Float64Array {
  const mass = normalize && a.weights ? a.weights.reduce((total, weight) => total + weight, 0) : 1;
  return points.map((value, k) => {
    const weight = a.weights ? a.weights[Math.floor(k / a.dimension)] / mass : 1 / a.count;
    return weight > 0 ? value - (rate * gradient.points[k]) / weight : value;
  });
}

/** A fifth of the way in each step, where the gradient is a way; else steps of lengths that suit the gradient's units. */
function defaultRate({ name, parameters }: ChosenLoss, diameter: number, dimension: number): number {
  const { blur } = parameters;
  if ((name === 'gaussian' || name === 'laplacian') && typeof blur === 'number') {
    return 0.5 * blur ** (name === 'gaussian' ? 2 : 1);
  }
  // Along each direction a point goes a part of its way: D times as far in all.
  if (parameters.p === 2 && !parameters.root) return name === 'sliced' ? 0.2 * dimension : 0.2;
  return 0.05 * diameter;
}

/** `frames` steps from 0 to `steps`, evenly spread. */
function framesOf(steps: number, frames: number): number[] {
  return Array.from({ length: frames }, (_, k) => Math.round((k * steps) / (frames - 1)));
}

function frameName(step: number, steps: number): string {
  return `frame-${String(step).padStart(String(steps).length, '0')}.svg`;
}

async function makeOutputs(
  moved: Moved,
  a: PointCloud,
  b: PointCloud,
  options: FlowOptions,
  signal: AbortSignal,
): Promise<Output[]> {
  const { inTheme } = await import('../plots/theme.js');
  const { theme = 'dark' } = options;
  const { flowPainter } = await import('../plots/flowFrame.js');
  const { lossCurve } = await import('../plots/lossCurve.js');
  const paint = flowPainter({
    columns: a.columns,
    start: a.points,
    target: b.points,
    weights: a.weights,
    targetWeights: b.weights,
    theme,
  });
  const title = titleOf(options, a.file, 'onto', b.file);
  const frames = moved.frames.map(({ step, points }) => ({
    path: frameName(step, options.steps),
    contents: inTheme(
      paint(
        points,
        title,
        `step ${step} of ${options.steps}, ${moved.chosen.title} ${formatNumber(moved.values[step])}`,
      ),
      theme,
    ),
  }));
  const last = moved.frames[moved.frames.length - 1].points;
  const weighted = a.weights;
  const header = weighted ? [...a.columns, 'weight'] : a.columns;
  const at = (i: number, d: number): number =>
    weighted && d === a.dimension ? weighted[i] : last[i * a.dimension + d];
  const curve = lossCurve({
    title,
    subtitle: `${moved.chosen.title} after each step: ${summaryOf(moved)}`,
    values: moved.values,
  });
  return [
    ...frames,
    { path: 'loss.svg', contents: inTheme(curve, theme) },
    { path: 'points.csv', contents: await writeCsv(header, a.count, at, signal) },
  ];
}

function summaryOf({ chosen, rate }: Moved): string {
  return [chosen.summary, `rate ${formatNumber(rate)}`].filter(Boolean).join(', ');
}

function toJson(moved: Moved, a: PointCloud, b: PointCloud, options: FlowOptions): unknown {
  return {
    loss: moved.chosen.name,
    options: { ...moved.chosen.parameters, steps: options.steps, rate: moved.rate },
    values: moved.values,
    converged: moved.diagnostics.every(({ converged }) => converged),
    iterations: moved.diagnostics.map(({ iterations }) => iterations),
    backend: moved.chosen.backend,
    milliseconds: moved.milliseconds,
    inputs: { a: inputJson(a), b: inputJson(b) },
    out: options.out,
  };
}

function toTable(moved: Moved, a: PointCloud, b: PointCloud, options: FlowOptions, outputs: readonly Output[]): string {
  const iterations = moved.diagnostics.reduce((sum, { iterations: some }) => sum + some, 0);
  return formatTable([
    ['loss', `${moved.chosen.title}, ${summaryOf(moved)}`],
    ['A', inputText(a)],
    ['B', inputText(b)],
    ['value before', formatNumber(moved.values[0], 7)],
    ['value after', `${formatNumber(moved.values[options.steps], 7)} (${count(options.steps, 'step')})`],
    ['iterations', String(iterations)],
    ['backend', moved.chosen.backend],
    ['time', formatDuration(moved.milliseconds)],
    ['wrote', printable(`${path.join(options.out, outputs[0].path)} and ${outputs.length - 1} more`)],
  ]);
}

import { type PermutationResult, permutationTest } from '@sinkhorn/toolkit';
import type { Command } from 'commander';
import type { CallOptions, Diagnostics } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { InputError } from '../inputError.js';
import { printableJson } from '../printable.js';
import { type ProgressLine, progressLine } from '../progress.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { formatNumber } from '../writers/numbers.js';
import { checkOutputs, writeOutputs } from '../writers/outputs.js';
import { makeOutputs, type OutputOptions, outputPaths } from './compareOutputs.js';
import { toJson, toTable } from './compareReport.js';
import type { Comparison } from './comparison.js';
import { addInputs, diameterOf, type InputOptions, readPair, whole } from './inputs.js';
import {
  addLossOptions,
  type ChosenLoss,
  checkLossOptions,
  chooseLoss,
  type LossOptions,
  valueAndGradient,
} from './lossChoice.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { requireDiameter, requireFinite } from './requireFinite.js';
import { showProgress } from './showProgress.js';

interface CompareOptions extends InputOptions, LossOptions, OutputOptions, BackendOptions {
  readonly json?: boolean;
  readonly permutations?: number;
  readonly seed: number;
}

/** Adds `sinkhorn compare`. */
export function addCompare(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('compare')
    .description('The loss between two clouds, its gradient, the transport, and a test.');
  addBackendOptions(addLossOptions(addInputs(command)))
    .option('--json', 'print one JSON document instead of a table')
    .option('--gradient <file>', "write the gradient with respect to A's points and weights, as CSV")
    .option('--transport <file>', 'write where each point of A goes, as CSV (loss sinkhorn)')
    .option('--plot <file>', 'draw the transport, or for other losses the way down for each point, as SVG')
    .option(
      '--permutations <count>',
      'test whether both clouds are samples of one distribution, with so many shuffles',
      whole(1),
    )
    .option('--permutation-plot <file>', 'draw the values of the shuffles, as SVG (with --permutations)')
    .option('--seed <number>', 'seed of the shuffles', whole(0), 0)
    .action((a: string, b: string, options: CompareOptions) => run(() => compare([a, b], options, io)));
}

async function compare(files: readonly [string, string], options: CompareOptions, io: CommandIo): Promise<number> {
  const outputs = await checkOptions(files, options);
  const progress = progressLine(io.stderr, options.quiet);
  try {
    const found = await measure(files, options, io, progress);
    progress.show('writing');
    await writeOutputs(await makeOutputs(found, options));
    progress.clear();
    io.stdout.write(options.json ? `${printableJson(toJson(found))}\n` : `${toTable(found, outputs)}\n`);
    return finish(found.diagnostics, io);
  } finally {
    progress.clear();
  }
}

/** Refuses whatever can be refused before the files are read; returns the paths of the outputs. */
async function checkOptions(files: readonly string[], options: CompareOptions): Promise<readonly string[]> {
  checkBackendName(options.backend);
  checkLossOptions(options);
  if (options.transport !== undefined && options.loss !== 'sinkhorn') {
    throw new InputError(`--transport: only --loss sinkhorn has a plan, not ${options.loss}`);
  }
  if (options.permutationPlot !== undefined && options.permutations === undefined) {
    throw new InputError('--permutation-plot: it needs --permutations');
  }
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
  const [a, b] = await readPair(files, options, io, progress);
  const backend = await openBackend(options);
  try {
    const chosen = chooseLoss(options, backend, requireDiameter([a, b], diameterOf(a, b)));
    const needsPlan = options.transport !== undefined || options.plot !== undefined;
    const call = { signal: io.signal, onProgress: showProgress(progress, chosen.title) };
    const solved = await solve(chosen, a, b, needsPlan, call);
    requireFinite([a, b], backend.name, {
      value: solved.value,
      gradient: solved.gradient.points,
      'gradient of the weights': solved.gradient.weights,
      transport: solved.transport?.targets,
      'marginal error': solved.diagnostics.marginalError,
    });
    const test = options.permutations === undefined ? undefined : await runTest(chosen, a, b, options, io, progress);
    requireFinite([a, b], backend.name, { 'p-value': test?.pValue, 'value of a shuffle': test?.permuted });
    return { a, b, chosen, backend: `${backend.name} (${backend.precision})`, ...solved, ...(test ? { test } : {}) };
  } finally {
    backend.dispose();
  }
}

type Solved = Pick<Comparison, 'value' | 'gradient' | 'diagnostics' | 'transport'>;

async function solve(
  chosen: ChosenLoss,
  a: PointCloud,
  b: PointCloud,
  needsPlan: boolean,
  call: CallOptions,
): Promise<Solved> {
  if (!chosen.sinkhorn || !needsPlan) return valueAndGradient(await chosen.loss.solve(a, b, { ...call, wrt: 'x' }));
  const solution = await chosen.sinkhorn.solve(a, b, { ...call, wrt: 'x' });
  const targets = await solution.plan.barycentricMap(call);
  const sources = await solution.plan.transpose().barycentricMap(call);
  return { ...(await valueAndGradient(solution)), transport: { targets, sources } };
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

function finish(diagnostics: Diagnostics, io: CommandIo): number {
  if (diagnostics.converged && diagnostics.accurate) return exitStatus.done;
  if (diagnostics.converged) {
    const worst = Math.max(diagnostics.valueError, diagnostics.gradientError ?? 0);
    io.stderr.write(
      `sinkhorn: not accurate: value or gradient may be off by ${formatNumber(worst, 2)} of their size; try --backend cpu, a larger --blur, or fewer far points\n`,
    );
    return exitStatus.notConverged;
  }
  io.stderr.write(
    `sinkhorn: not converged: marginal error ${formatNumber(diagnostics.marginalError)} after ${diagnostics.iterations} iterations; try a larger --blur or --tolerance\n`,
  );
  return exitStatus.notConverged;
}

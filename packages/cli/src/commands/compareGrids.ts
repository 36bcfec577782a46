import { printable, printableJson } from '@sinkhorn/toolkit/printable';
import type { Solution } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { InputError } from '../inputError.js';
import { progressLine } from '../progress.js';
import { checkGridName, gridContents } from '../writers/gridContents.js';
import { formatDuration, formatNumber } from '../writers/numbers.js';
import { checkOutputs, writeOutputs } from '../writers/outputs.js';
import { formatTable } from '../writers/table.js';
import type { OutputOptions } from './compareOutputs.js';
import { diameterOfGrids, type GridOptions, gridJson, gridText, measureOf, readGrids } from './gridInputs.js';
import type { InputOptions } from './inputs.js';
import { checkLossOptions, chooseLoss, type LossOptions, valueAndGradient } from './lossChoice.js';
import { type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { reportStatus } from './reportStatus.js';
import { showProgress } from './showProgress.js';

interface CompareGridsOptions extends InputOptions, GridOptions, LossOptions, OutputOptions, BackendOptions {
  readonly json?: boolean;
  readonly permutations?: number;
  readonly standardize?: boolean;
}

/** What is about points: nodes do not move, have no columns, and are no samples. */
const FOR_POINTS = ['transport', 'plot', 'permutations', 'permutationPlot', 'standardize'] as const;

/** Compares masses on two grids. */
export async function compareGrids(
  files: readonly [string, string],
  options: CompareGridsOptions,
  io: CommandIo,
): Promise<number> {
  const { gradient: path } = options;
  checkBackendName(options.backend);
  checkLossOptions(options);
  const wrong = FOR_POINTS.find((name) => options[name] !== undefined);
  if (wrong) {
    const option = wrong.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new InputError(`--${option}: it is for clouds; leave it out, or leave out --spacing`);
  }
  checkGridName('--gradient', path);
  if (path && /\.png$/i.test(path)) {
    throw new InputError(`--gradient: ${path}: slopes may be below 0, which no picture shows; write an .npy or .csv`);
  }
  await checkOutputs(path === undefined ? [] : [path], files);
  const progress = progressLine(io.stderr, options.quiet);
  try {
    const [a, b] = await readGrids(files, options, io, progress);
    const backend = await openBackend(options);
    try {
      const chosen = chooseLoss(options, backend, diameterOfGrids([a, b]));
      const call = { signal: io.signal, onProgress: showProgress(progress, chosen.title), wrt: 'x' } as const;
      // Without a batch: a number.
      const solution = (await chosen.loss.solve(measureOf(a), measureOf(b), call)) as Solution<number>;
      const { value, gradient, diagnostics } = await valueAndGradient(solution);
      if (!Number.isFinite(value)) {
        throw new InputError(
          `the value came out as ${value} on ${backend.name}: take a larger --blur, or --backend cpu`,
        );
      }
      const values = Float64Array.from(gradient.weights);
      if (path !== undefined) {
        await writeOutputs([{ path, contents: await gridContents(path, { ...a, values }, 'gradient', io.signal) }]);
      }
      const distance = chosen.lengthOf?.(value, options.normalize ? 1 : a.mass);
      progress.clear();
      const facts = { loss: chosen.name, options: chosen.parameters, value };
      const inputs = { a: gridJson(a), b: gridJson(b) };
      io.stdout.write(
        options.json
          ? `${printableJson({ ...facts, ...(distance !== undefined && { distance }), backend: chosen.backend, diagnostics, inputs })}\n`
          : `${formatTable([
              ['loss', chosen.summary ? `${chosen.title}, ${chosen.summary}` : chosen.title],
              ['A', gridText(a)],
              ['B', gridText(b)],
              ['value', formatNumber(value, 7)],
              ...(distance === undefined ? [] : [['distance', `${formatNumber(distance)} (in units of the spacing)`]]),
              ['iterations', String(diagnostics.iterations)],
              ['marginal error', formatNumber(diagnostics.marginalError)],
              ['backend', chosen.backend],
              ['time', formatDuration(diagnostics.milliseconds)],
              ...(path === undefined ? [] : [['wrote', printable(path)]]),
            ])}\n`,
      );
      return reportStatus(diagnostics, io);
    } finally {
      backend.dispose();
    }
  } finally {
    progress.clear();
  }
}

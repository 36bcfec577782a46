import path from 'node:path';
import type { PermutationResult } from '@sinkhorn/toolkit';
import type { MeasureGradient } from 'sinkhorn';
import type { PointCloud } from '../readers/pointCloud.js';
import { writeCsv } from '../writers/csv.js';
import { checkEnding } from '../writers/endings.js';
import { formatNumber } from '../writers/numbers.js';
import type { Output } from '../writers/outputs.js';
import { tableContents } from '../writers/tableContents.js';
import { shufflesOf } from './compareReport.js';
import type { Comparison } from './comparison.js';
import { diameterOf } from './inputs.js';
import { type PictureOptions, titleOf } from './pictureOptions.js';

/** The paths of the files that were asked for. */
export interface OutputOptions extends PictureOptions {
  readonly gradient?: string;
  readonly transport?: string;
  readonly plot?: string;
  readonly permutationPlot?: string;
}

/** The paths that were asked for, in the order of the help. */
export function outputPaths(options: OutputOptions): string[] {
  const { gradient, transport, plot, permutationPlot } = options;
  return [gradient, transport, plot, permutationPlot].filter((file) => file !== undefined);
}

/** Refuses names that say something else than what would be in the file. */
export function checkEndings({ gradient, transport, plot, permutationPlot }: OutputOptions): void {
  checkEnding('--gradient', gradient, 'table');
  checkEnding('--transport', transport, 'tableWithText');
  checkEnding('--plot', plot, 'picture');
  checkEnding('--permutation-plot', permutationPlot, 'picture');
}

/** The contents of the files that were asked for. */
export async function makeOutputs(found: Comparison, options: OutputOptions, signal: AbortSignal): Promise<Output[]> {
  const { a, gradient, transport, labels } = found;
  const outputs: Output[] = [];
  if (options.gradient !== undefined) {
    const header = [...a.columns.map((name) => `gradient_${name}`), 'gradient_weight'];
    const at = (i: number, d: number): number =>
      d < a.dimension ? gradient.points[i * a.dimension + d] : gradient.weights[i];
    outputs.push({
      path: options.gradient,
      contents: await tableContents(options.gradient, { header, rows: a.count, at }, signal),
    });
  }
  if (options.transport !== undefined && transport) {
    const header = ['source', 'target'].flatMap((side) => a.columns.map((name) => `${side}_${name}`));
    if (labels) header.push('source_label', 'target_label');
    const texts = [labels?.source, labels?.target];
    const at = (i: number, d: number): number | string => {
      if (d >= 2 * a.dimension) return texts[d - 2 * a.dimension]?.[i] ?? '';
      return d < a.dimension ? a.points[i * a.dimension + d] : transport.targets[i * a.dimension + d - a.dimension];
    };
    outputs.push({ path: options.transport, contents: await writeCsv(header, a.count, at, signal) });
  }
  if (options.plot !== undefined) outputs.push({ path: options.plot, contents: await drawTransport(found, options) });
  if (options.permutationPlot !== undefined && found.test) {
    outputs.push({ path: options.permutationPlot, contents: await drawPermutations(found, found.test, options) });
  }
  return outputs;
}

/** The pictures' libraries are loaded only when a picture is asked for. */
async function drawTransport(found: Comparison, options: OutputOptions): Promise<string> {
  const { transportPlot } = await import('../plots/transportPlot.js');
  const { inTheme } = await import('../plots/theme.js');
  const { a, b, chosen, transport } = found;
  const test = found.test ? `, p-value ${formatNumber(found.test.pValue)}` : '';
  const drawn = transportPlot({
    title: titleOf(options, a.file, 'and', b.file),
    subtitle: `${capital(chosen.title)} ${formatNumber(found.value)}${test}${chosen.summary && `: ${chosen.summary}`}`,
    columns: found.standardized ? a.columns.map((name) => `${name}, in deviations of A`) : a.columns,
    a: { ...a, name: path.basename(a.file) },
    b: { ...b, name: path.basename(b.file) },
    ...(transport ?? { targets: downhill(a, found.gradient, diameterOf(a, b)) }),
    theme: options.theme,
    meaning: transport
      ? 'from each point of A to where the plan takes it on average'
      : 'the way down for each point of A (lengths in proportion)',
  });
  return inTheme(drawn, options.theme ?? 'dark');
}

async function drawPermutations(
  { a, b, chosen }: Comparison,
  test: PermutationResult,
  options: OutputOptions,
): Promise<string> {
  const { permutationPlot } = await import('../plots/permutationPlot.js');
  const { inTheme } = await import('../plots/theme.js');
  const drawn = permutationPlot({
    title: titleOf(options, a.file, 'and', b.file),
    subtitle: `${capital(chosen.title)} against ${shufflesOf(test)}: p-value ${formatNumber(test.pValue)}`,
    ...test,
  });
  return inTheme(drawn, options.theme ?? 'dark');
}

/** Each point after a step against its gradient; the longest step is a tenth of the diameter. */
function downhill(a: PointCloud, gradient: MeasureGradient, diameter: number): Float64Array {
  const { dimension } = a;
  const step = Float64Array.from(gradient.points, (value, k) => -value / (a.weights?.[Math.floor(k / dimension)] || 1));
  let longest = 0;
  for (let i = 0; i < a.count; i++) {
    let square = 0;
    for (let d = 0; d < dimension; d++) square += step[i * dimension + d] ** 2;
    longest = Math.max(longest, Math.sqrt(square));
  }
  const scale = longest > 0 ? (0.1 * diameter) / longest : 0;
  return a.points.map((value, k) => value + scale * step[k]);
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

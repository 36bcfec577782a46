import {
  type CheckedMeasure,
  checkRunOptions,
  InvalidOptionError,
  type Measure,
  type MeasurePair,
  runAsync,
} from '@sinkhorn/core';
import type { CallOptions, Diagnostics } from '@sinkhorn/losses';
import { checkNames } from '@sinkhorn/losses/extend';
import { checkClouds } from './checkCloud.js';
import { equivalentShift } from './equivalentShift.js';
import { type LossByName, lossByName, type ToldLoss } from './lossByName.js';
import { type PermutationResult, permutationTest } from './permutationTest.js';
import { shownNumber } from './shownNumber.js';
import { weightGradients } from './weightGradients.js';

/** How two samples are tested. */
export interface TwoSampleOptions extends LossByName, CallOptions {
  /** How many times the labels are shuffled. @defaultValue 999 */
  readonly permutations?: number;
  /** The level: how often samples of one distribution may be said to differ. @defaultValue 0.05 */
  readonly alpha?: number;
  /** Seed of the shuffles. @defaultValue 0 */
  readonly seed?: number;
  /** How many of the points that differ most are listed. @defaultValue 10 */
  readonly most?: number;
  /** What lengths are in, for `text`, such as 'deviations of x'. @defaultValue 'units of the coordinates' */
  readonly units?: string;
}

/** A point that its sample has more of than the other one. */
export interface DifferingPoint {
  readonly side: 'x' | 'y';
  /** Its place in its sample, counted from 0. */
  readonly index: number;
  /** As in `witness`. */
  readonly excess: number;
}

/** What a test of two samples found. */
export interface TwoSampleResult {
  /** The value of the loss. */
  readonly statistic: number;
  readonly pValue: number;
  readonly alpha: number;
  /** Whether the p-value is at most alpha. */
  readonly differs: boolean;
  /** The smallest p-value that these samples and this number of shuffles allow: above alpha, nothing can be found. */
  readonly smallestPValue: number;
  /**
   * The statistic as a length in units of the coordinates: how far x would have to be moved, as a whole, to differ as much from where it was.
   * For the Sinkhorn divergence of p = 2 it is sqrt(2 S). Infinity beyond what a kernel sees; undefined for a loss that does not tell, such
   * as one with a reach.
   */
  readonly effect?: number;
  /** The same for shuffled labels, a yardstick: the median, and the level above which alpha of them are. */
  readonly effectByChance?: { readonly median: number; readonly upper: number };
  /**
   * How much more of a point its own sample has than the other one around it: [N] and [M], in units of the loss, each with a weighted
   * mean of 0. It is the gradient in the point's weight: f_ba - f_aa for transport, the witness function for a kernel norm.
   */
  readonly witness: { readonly x: Float64Array; readonly y: Float64Array };
  /** About by how much the witness may be off, relative, where it is known; Infinity where transport does not determine it. */
  readonly witnessError?: number;
  /** The points that differ most, the largest excess first. */
  readonly most: readonly DifferingPoint[];
  readonly loss: ToldLoss;
  /** The values of all shuffles: for pictures. */
  readonly shuffles: Pick<PermutationResult, 'permuted' | 'multiplicities' | 'exact'>;
  readonly diagnostics: Diagnostics;
  /** The result in sentences. */
  readonly text: string;
}

/**
 * Tests whether two samples come from one distribution, says how far apart they are in the data's units, and which points make the
 * difference.
 *
 * The p-value is that of `permutationTest`, and valid at every sample size. Columns of different units should be standardised first:
 * `drift` does so. Samples are [N, D] and [M, D], with weights or without.
 *
 * @throws InvalidMeasureError for measures that the loss refuses, and for batches; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { twoSampleTest } from 'sinkhorn/toolkit';
 *
 * const x = [[0], [1], [2], [3], [4]];
 * const y = [[0], [1], [2], [3], [40]];
 * const { pValue, effect, most, text } = await twoSampleTest(x, y, { backend: cpu() });
 * if (most[0].side !== 'y' || most[0].index !== 4) throw new Error('40 is what differs most');
 * if (!(pValue > 0.05) || effect === undefined || !text.includes('no more than chance')) throw new Error('five points are few');
 * ```
 */
export async function twoSampleTest(x: Measure, y: Measure, options: TwoSampleOptions): Promise<TwoSampleResult> {
  const { permutations, alpha, seed, most, units, signal, onProgress } = checkOptions(options);
  const pair = await runAsync(checkClouds(['x', x], ['y', y]), { signal });
  const { loss, told } = lossByName('twoSampleTest', options, [pair.x, pair.y]);
  // The witness first: it takes one solve, and refuses whatever the loss refuses before many are made.
  onProgress?.({ stage: 'comparing the samples', share: 0 });
  const compared = await weightGradients(loss, { x, y }, pair, signal);
  const test = await permutationTest(loss, x, y, {
    permutations,
    seed,
    signal,
    onProgress: (done, total) => onProgress?.({ stage: 'shuffling', share: done / total }),
  });
  const asLength = await equivalentShift(loss, pair, signal);
  const witness = {
    x: centred(compared.x, pair.x),
    y: centred(compared.y, pair.y),
  };
  const sorted = sortedValues(test);
  const found = {
    statistic: test.observed,
    pValue: test.pValue,
    alpha,
    differs: test.pValue <= alpha,
    smallestPValue: smallestPValue(test, sorted),
    ...(asLength && {
      effect: await asLength(test.observed),
      effectByChance: {
        median: await asLength(quantile(sorted, 0.5)),
        upper: await asLength(quantile(sorted, 1 - alpha)),
      },
    }),
    witness,
    ...(compared.error !== undefined && { witnessError: compared.error }),
    most: mostOf(witness, most),
    loss: told,
    shuffles: { permuted: test.permuted, multiplicities: test.multiplicities, exact: test.exact },
    diagnostics: compared.diagnostics,
  };
  return { ...found, text: textOf(found, units, pair) };
}

function checkOptions(options: TwoSampleOptions) {
  checkNames('twoSampleTest', options, [
    'loss',
    'backend',
    'blur',
    'permutations',
    'alpha',
    'seed',
    'most',
    'units',
    'signal',
    'onProgress',
  ]);
  checkRunOptions(options);
  const { permutations = 999, alpha = 0.05, seed = 0, most = 10, signal, onProgress } = options;
  checkAlpha(alpha);
  if (!Number.isInteger(most) || most < 0)
    throw new InvalidOptionError(`most is ${most}: give a whole number, 0 or more`);
  const { units = 'units of the coordinates' } = options;
  if (typeof units !== 'string')
    throw new InvalidOptionError(`units is ${units}: give the name of what lengths are in`);
  return { permutations, alpha, seed, most, units, signal, onProgress };
}

/** @throws InvalidOptionError unless it is a level of a test. */
export function checkAlpha(alpha: number): void {
  if (typeof alpha !== 'number' || !(alpha > 0 && alpha < 1)) {
    throw new InvalidOptionError(`alpha is ${alpha}: give a number between 0 and 1, such as 0.05`);
  }
}

/** Gradients in weights are known up to a constant; times the mass they are those of shares. */
function centred(gradient: ArrayLike<number>, { weights, masses }: CheckedMeasure): Float64Array {
  let mean = 0;
  weights.forEach((weight, index) => {
    if (weight > 0) mean += (weight / masses[0]) * gradient[index];
  });
  return Float64Array.from(gradient, (value) => (value - mean) * masses[0]);
}

function mostOf({ x, y }: TwoSampleResult['witness'], most: number): readonly DifferingPoint[] {
  const all = [
    ...Array.from(x, (excess, index) => ({ side: 'x' as const, index, excess })),
    ...Array.from(y, (excess, index) => ({ side: 'y' as const, index, excess })),
  ];
  return all
    .filter(({ excess }) => excess > 0)
    .sort((a, b) => b.excess - a.excess)
    .slice(0, most);
}

/** The values of all shuffles from the smallest up, each with how often it occurs. */
interface Sorted {
  readonly values: readonly number[];
  readonly times: readonly number[];
  readonly total: number;
}

function sortedValues({ permuted, multiplicities }: PermutationResult): Sorted {
  const order = Array.from(permuted, (_, index) => index).sort((i, j) => permuted[i] - permuted[j]);
  const times = order.map((index) => multiplicities[index]);
  return { values: order.map((index) => permuted[index]), times, total: times.reduce((sum, n) => sum + n, 0) };
}

function quantile({ values, times, total }: Sorted, share: number): number {
  let below = 0;
  for (let k = 0; k < values.length; k++) {
    below += times[k];
    if (below >= share * total) return values[k];
  }
  return values[values.length - 1];
}

/** Where all divisions are known, the share of those with the largest value; else that of one of all shuffles. */
function smallestPValue({ exact, permuted }: PermutationResult, { values, times, total }: Sorted): number {
  if (!exact) return 1 / (permuted.length + 1);
  const largest = values[values.length - 1];
  const size = Math.max(...values.map(Math.abs));
  return values.reduce((sum, value, k) => sum + (value >= largest - 1e-9 * size ? times[k] : 0), 0) / total;
}

function textOf(found: Omit<TwoSampleResult, 'text'>, units: string, { x, y }: MeasurePair): string {
  const {
    pValue,
    alpha,
    differs,
    smallestPValue: smallest,
    effect,
    effectByChance,
    loss,
    shuffles,
    diagnostics,
  } = found;
  const percent = (share: number) => `${shownNumber(100 * share, 3)} %`;
  const count = shuffles.permuted.length;
  const divisions = count === 1 ? 'the only division that there is' : `all ${count} divisions that differ`;
  const shuffled = shuffles.exact ? divisions : `${count} shuffles`;
  const lines = [
    differs
      ? `The samples (${x.count} and ${y.count} points) differ by more than chance explains: p = ${shownNumber(pValue)}, from ${shuffled}.`
      : `The samples (${x.count} and ${y.count} points) differ by no more than chance explains: p = ${shownNumber(pValue)}, from ${shuffled}.`,
  ];
  if (smallest > alpha) {
    lines.push(
      `No smaller p-value than ${shownNumber(smallest)} was possible, and the level is ${percent(alpha)}: ${shuffles.exact ? 'the samples are too small, or their points too much alike, to find anything' : 'take more permutations'}.`,
    );
  }
  if (effect !== undefined && effectByChance) {
    lines.push(
      `They differ as much as the first one does from itself moved by ${shownNumber(effect)} (in ${units}); shuffled labels give ${shownNumber(effectByChance.median)} at the median, and more than ${shownNumber(effectByChance.upper)} in ${percent(alpha)} of all cases.`,
    );
  }
  const blur =
    loss.blur === undefined ? '' : `, blur ${shownNumber(loss.blur)}${loss.blurRule ? ` (${loss.blurRule})` : ''}`;
  lines.push(`Loss: ${loss.name}${blur}; value ${shownNumber(found.statistic)}.`);
  if (!diagnostics.accurate) {
    lines.push(`The value may be off by ${shownNumber(diagnostics.valueError, 2)} of its size: take a larger blur.`);
  }
  return lines.join('\n');
}

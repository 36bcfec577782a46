import {
  type CheckedMeasure,
  checkPair,
  checkRunOptions,
  InvalidMeasureError,
  InvalidOptionError,
  type Measure,
  runAsync,
} from '@sinkhorn/core';
import type { Backend, CallOptions } from '@sinkhorn/losses';
import { checkBackend, checkNames } from '@sinkhorn/losses/extend';
import { checkCloud } from '../checkCloud.js';
import { type Cloud, meanOf } from '../registration/cloud.js';
import { sampled } from '../registration/options.js';
import { fallingBlurs, stepTo, tieOf } from './flowTo.js';
import { spreadOf } from './momentsOf.js';
import { withoutTies } from './withoutTies.js';

/** How a mean is found. */
export interface MeanShapeOptions extends CallOptions {
  readonly backend: Backend;
  /** How much each shape counts. Default: all the same. */
  readonly weights?: readonly number[];
  /** The points to begin with, of which the mean will have as many. Default: those of the first shape. */
  readonly start?: Measure;
  /** How many steps. Default 12. */
  readonly steps?: number;
}

/** A mean of shapes. */
export interface MeanShape {
  /** [N, D] */
  readonly points: Float64Array;
  readonly dimension: number;
  /** [N] */
  readonly weights: Float64Array;
  /** How far the points went in the last step: the root of the mean square, in units of the coordinates. */
  readonly lastStep: number;
  /** The blurs of the first and the last step, as lengths. */
  readonly blur: { readonly from: number; readonly to: number };
}

/**
 * The mean of shapes in the Wasserstein distance, with points that move freely (Agueh and Carlier 2011): in each step every point goes to the mean of
 * where transport to each shape would take it, at a blur that falls. Points that begin as one shape may end in a mean
 * that another start would not give: the mean of shapes that differ much is not unique.
 *
 * Clouds are [N_i, D]; their weights are taken as shares.
 *
 * @throws InvalidMeasureError for clouds of different dimensions; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { meanShape } from 'sinkhorn/toolkit';
 *
 * const { points } = await meanShape([[[0], [1]], [[4], [7]]], { backend: cpu() });
 * if (Math.abs(points[0] - 2) > 0.05 || Math.abs(points[1] - 4) > 0.05) throw new Error(points.join());
 * ```
 */
export async function meanShape(shapes: readonly Measure[], options: MeanShapeOptions): Promise<MeanShape> {
  checkNames('meanShape', options, ['backend', 'weights', 'start', 'steps', 'signal', 'onProgress']);
  const { backend, weights, start, steps = 12, signal, onProgress } = checkRunOptions(options);
  checkBackend('meanShape', backend);
  if (!Array.isArray(shapes) || shapes.length === 0) throw new InvalidMeasureError('shapes is empty: give one or more');
  if (!Number.isInteger(steps) || steps < 1)
    throw new InvalidOptionError(`steps is ${steps}: give a whole number, 1 or more`);
  const shares = sharesOf(weights, shapes.length);
  const { first, targets: placed, spread } = await runAsync(prepared(shapes, start), { signal });
  // The mean of the means is that of the mean, whatever the shapes are: far from each other they need no other blurs.
  const middles = placed.map(meanOf);
  const middle = Float64Array.from(middles[0], (_, d) =>
    middles.reduce((sum, own, index) => sum + shares[index] * own[d], 0),
  );
  const targets = placed.map((cloud, index) => movedBy(cloud, -1, middles[index]));
  const blurs = fallingBlurs(spread, steps);
  let mean = movedBy(await runAsync(withoutTies(first, tieOf(spread)), { signal }), -1, meanOf(first));
  let lastStep = 0;
  for (const [step, blur] of blurs.entries()) {
    onProgress?.({ stage: 'moving to the mean', share: step / steps });
    const next = new Float64Array(mean.points.length);
    for (const [index, target] of targets.entries()) {
      if (shares[index] === 0) continue;
      const there = await stepTo(mean, target, { backend, signal, blur });
      for (let k = 0; k < next.length; k++) next[k] += shares[index] * there[k];
    }
    lastStep = stepBetween(mean, next);
    mean = { ...mean, points: next };
  }
  return { ...movedBy(mean, 1, middle), lastStep, blur: { from: blurs[0], to: blurs[steps - 1] } };
}

const movedBy = (cloud: Cloud, factor: 1 | -1, way: Float64Array): Cloud => ({
  ...cloud,
  points: cloud.points.map((value, k) => value + factor * way[k % cloud.dimension]),
});

function* prepared(shapes: readonly Measure[], start: Measure | undefined) {
  const clouds: CheckedMeasure[] = [];
  for (const [index, shape] of shapes.entries()) clouds.push(yield* checkCloud(`shapes[${index}]`, shape));
  const begin = start === undefined ? clouds[0] : yield* checkCloud('start', start);
  for (const y of clouds) checkPair({ x: begin, y });
  const targets: Cloud[] = [];
  let spread = 0;
  for (const cloud of clouds) {
    targets.push(sampled(cloud, cloud.count, 0));
    spread = Math.max(spread, yield* spreadOf(cloud));
  }
  return { first: sampled(begin, begin.count, 0), targets, spread };
}

/** The root of the mean square of how far the points of a cloud go. */
function stepBetween({ points, weights, dimension }: Cloud, next: Float64Array): number {
  let square = 0;
  for (let i = 0; i < weights.length; i++) {
    for (let k = i * dimension; k < (i + 1) * dimension; k++) square += weights[i] * (next[k] - points[k]) ** 2;
  }
  return Math.sqrt(square);
}

function sharesOf(weights: readonly number[] | undefined, count: number): readonly number[] {
  if (weights === undefined) return new Array<number>(count).fill(1 / count);
  if (!Array.isArray(weights) || weights.length !== count) {
    throw new InvalidOptionError(`weights has ${weights?.length} numbers: give one for each of the ${count} shapes`);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, index) => {
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new InvalidOptionError(`weights[${index}] is ${weight}: give finite numbers, 0 or more`);
  });
  if (!(total > 0)) throw new InvalidOptionError('weights are all 0: give one shape or more some weight');
  return weights.map((weight) => weight / total);
}

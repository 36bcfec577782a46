import { checkRunOptions, InvalidOptionError, type Measure, runAsync, type Task } from '@sinkhorn/core';
import { pause } from '@sinkhorn/core/extend';
import { type Backend, type CallOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { checkBackend, checkNames } from '@sinkhorn/losses/extend';
import { checkClouds } from '../checkCloud.js';
import { sampled } from '../registration/options.js';
import { rowsChunked } from '../rowsChunked.js';
import { fallingBlurs, flowTo } from './flowTo.js';
import { spreadOf } from './momentsOf.js';

/** How shapes are interpolated. */
export interface InterpolationOptions extends CallOptions {
  readonly backend: Backend;
  /** How many steps the way from the source to the target is found in. Default 8. */
  readonly steps?: number;
}

/** Shapes between two. */
export interface Interpolation {
  /** One cloud for each time, [N, D] each. */
  readonly shapes: readonly Float64Array[];
  readonly dimension: number;
  /** [N]: the weights of all of them, shares of the source's. */
  readonly weights: Float64Array;
  /**
   * How far the shape at time 1 is from the target, at most: the root of twice their Sinkhorn divergence at the last blur and of how far that may
   * be off, in units of the coordinates. Far above that blur the source has too few points, or the way has too few steps.
   */
  readonly residual: number;
  /** The blurs of the first and the last step, as lengths. */
  readonly blur: { readonly from: number; readonly to: number };
}

/**
 * Shapes on the way from one to another, in which every point goes straight and at its own speed (displacement interpolation, McCann
 * 1997): at time 0 the source itself, at time 1 the target, drawn with the source's points.
 *
 * Clouds are [N, D] and [M, D]; weights are taken as shares.
 *
 * @param times - numbers, from 0 to 1 between the shapes; others go on beyond.
 * @throws InvalidMeasureError for clouds of different dimensions; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { interpolateShapes } from 'sinkhorn/toolkit';
 *
 * const { shapes } = await interpolateShapes([[0, 0], [1, 0]], [[0, 2], [1, 2]], [0, 0.5, 1], { backend: cpu() });
 * if (shapes[0].join() !== '0,0,1,0' || Math.abs(shapes[1][1] - 1) > 0.01) throw new Error(shapes.join(' '));
 * ```
 */
export async function interpolateShapes(
  source: Measure,
  target: Measure,
  times: readonly number[],
  options: InterpolationOptions,
): Promise<Interpolation> {
  checkNames('interpolateShapes', options, ['backend', 'steps', 'signal', 'onProgress']);
  const { backend, steps = 8, signal, onProgress } = checkRunOptions(options);
  checkBackend('interpolateShapes', backend);
  if (!Number.isInteger(steps) || steps < 1)
    throw new InvalidOptionError(`steps is ${steps}: give a whole number, 1 or more`);
  if (!Array.isArray(times)) throw new InvalidOptionError('times is no list: give numbers, such as [0, 0.5, 1]');
  times.forEach((time, index) => {
    if (!Number.isFinite(time))
      throw new InvalidOptionError(`times[${index}] is ${time}: give numbers, 0 for the source and 1 for the target`);
  });
  const { from, to, spread } = await runAsync(prepared(source, target), { signal });
  const blurs = fallingBlurs(spread, steps);
  const onShare = (share: number) => onProgress?.({ stage: 'finding the way', share });
  const end = await flowTo(from, to, { backend, signal, spread, blurs, onShare });
  const shapes: Float64Array[] = [];
  for (const time of times) shapes.push(await runAsync(between(from.points, end, time), { signal }));
  const last = blurs[steps - 1];
  onProgress?.({ stage: 'measuring', share: 0 });
  const { value, diagnostics } = await sinkhornDivergence({ backend, blur: last }).solve({ ...from, points: end }, to, {
    signal,
  });
  const error = diagnostics.valueError * Math.max(Math.abs(value), diagnostics.floor);
  return {
    shapes,
    dimension: from.dimension,
    weights: from.weights,
    residual: Math.sqrt(2 * Math.max(0, value + error)),
    blur: { from: blurs[0], to: last },
  };
}

function* prepared(source: Measure, target: Measure) {
  const { x, y } = yield* checkClouds(['source', source], ['target', target]);
  const from = sampled(x, x.count, 0);
  yield* pause();
  const to = sampled(y, y.count, 0);
  const spread = (yield* spreadOf(y)) || (yield* spreadOf(x));
  return { from, to, spread };
}

function* between(start: Float64Array, end: Float64Array, time: number): Task<Float64Array> {
  const points = new Float64Array(start.length);
  yield* rowsChunked(points.length, (from, to) => {
    for (let k = from; k < to; k++) points[k] = (1 - time) * start[k] + time * end[k];
  });
  return points;
}

import { checkPair, checkRunOptions, InvalidOptionError, type Measure } from '@sinkhorn/core';
import type { Backend, CallOptions } from '@sinkhorn/losses';
import { checkBackend, checkNames } from '@sinkhorn/losses/extend';
import { sampled } from '../registration/options.js';
import { checkCloud } from './checkCloud.js';
import { fallingBlurs, flowTo } from './flowTo.js';
import { momentsOf } from './momentsOf.js';

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
  const [x, y] = [checkCloud('source', source), checkCloud('target', target)];
  checkPair({ x, y });
  const [from, to] = [x, y].map((cloud) => sampled(cloud, cloud.count, 0));
  onProgress?.({ stage: 'finding the way', share: 0 });
  const spread = Math.hypot(...momentsOf(target).deviations) || Math.hypot(...momentsOf(source).deviations);
  const end = await flowTo(from, to, { backend, signal, blurs: fallingBlurs(spread, steps) });
  return {
    shapes: times.map((time) => from.points.map((value, k) => (1 - time) * value + time * end[k])),
    dimension: from.dimension,
    weights: from.weights,
  };
}

import { runAsync } from '@sinkhorn/core';
import { type Backend, type CallOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { type Cloud, meanOf } from '../registration/cloud.js';
import { rowsChunked } from '../rowsChunked.js';
import { withoutTies } from './withoutTies.js';

export interface FlowOptions {
  readonly backend: Backend;
  readonly signal: CallOptions['signal'];
  /** How wide the clouds are. */
  readonly spread: number;
  /** From the first to the last. */
  readonly blurs: readonly number[];
  /** Told how much of the way is done, from 0 to 1, before each step. */
  readonly onShare?: (share: number) => void;
}

/** Shares of the spread: what is far comes first, and the last blur is what two points may be apart and count as one. */
const FIRST_SHARE = 0.3;
const LAST_SHARE = 0.02;

/** Blurs that fall from coarse to fine, `steps` of them, for clouds as wide as this. */
export const fallingBlurs = (spread: number, steps: number): readonly number[] =>
  Array.from(
    { length: steps },
    (_, step) => (spread || 1) * FIRST_SHARE * (LAST_SHARE / FIRST_SHARE) ** (step / Math.max(1, steps - 1)),
  );

/** Of the last blur: enough for blurs to tell points apart, and less than what is left of a flow. Chosen, not measured. */
const TIE = 0.1;

/** How far points that coincide are moved from each other: not at all where there is one place alone. */
export const tieOf = (spread: number): number => TIE * LAST_SHARE * spread;

/**
 * Where each point of a cloud ends when it goes down the gradient of the Sinkhorn divergence to another, all the way in each step. It begins
 * with the means brought together, which transport at p = 2 does whatever the shapes are: clouds far from each other need no other blurs.
 */
export async function flowTo(
  cloud: Cloud,
  target: Cloud,
  { backend, signal, spread, blurs, onShare }: FlowOptions,
): Promise<Float64Array> {
  const [from, to] = [meanOf(cloud), meanOf(target)];
  const { points: apart } = await runAsync(withoutTies(cloud, tieOf(spread)), { signal });
  let points: Float64Array = apart.map((value, k) => value + (to[k % cloud.dimension] - from[k % cloud.dimension]));
  for (const [step, blur] of blurs.entries()) {
    onShare?.(step / blurs.length);
    points = await stepTo({ ...cloud, points }, target, { backend, signal, blur });
  }
  return points;
}

/** One step of it. */
export async function stepTo(
  cloud: Cloud,
  target: Cloud,
  { backend, signal, blur }: { backend: Backend; signal: CallOptions['signal']; blur: number },
): Promise<Float64Array> {
  const loss = sinkhornDivergence({ backend, blur, onInaccurate: 'ignore' });
  const { x } = await loss.valueAndGradients(cloud, target, { signal });
  const { weights, dimension } = cloud;
  const moved = cloud.points.slice();
  const move = rowsChunked(weights.length, (from, to) => {
    for (let i = from; i < to; i++) {
      if (!(weights[i] > 0)) continue;
      for (let k = i * dimension; k < (i + 1) * dimension; k++) moved[k] -= x.points[k] / weights[i];
    }
  });
  await runAsync(move, { signal });
  return moved;
}

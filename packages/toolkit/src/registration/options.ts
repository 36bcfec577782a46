import {
  type CheckedMeasure,
  checkRunOptions,
  InvalidMeasureError,
  InvalidOptionError,
  type Measure,
  runAsync,
  type Task,
} from '@sinkhorn/core';
import { chunked } from '@sinkhorn/core/extend';
import type { Backend, CallOptions } from '@sinkhorn/losses';
import { checkBackend, checkNames, checkPositive } from '@sinkhorn/losses/extend';
import { checkClouds } from '../checkCloud.js';
import { drawRows } from '../drawRows.js';
import type { Cloud } from './cloud.js';

/** Where a registration stands after a step. */
export interface RegistrationStep {
  /** What it does, and how much of that is done. */
  readonly stage: string;
  readonly share: number;
  readonly blur: number;
  /** [N, D]: the points of the source that are looked at, `samples` at most, where they were before the step. */
  readonly points: Float64Array;
  /** [n, D]: those of them that the step goes by, and where transport sends each. */
  readonly from: Float64Array;
  readonly aims: Float64Array;
  /** The map so far, x -> matrix x + translation: of a rigid or affine registration. */
  readonly map?: { readonly matrix: Float64Array; readonly translation: Float64Array };
}

/** What all registrations share. Lengths are in units of the coordinates. */
export interface RegistrationOptions extends CallOptions {
  readonly backend: Backend;
  /** How far a point may be from its counterpart and still count in the fit, in units of the points: for partial overlap and outliers. Default: any distance. */
  readonly reach?: number;
  /** The blur of the first step and of the last one. Default: a half and a twentieth of the spread of the target. */
  readonly blur?: { readonly from?: number; readonly to?: number };
  /** How many steps, in which the blur falls. Default 12. */
  readonly steps?: number;
  /** Points of each cloud that are looked at, at most, drawn by the seed. All points are moved. Default 2000. */
  readonly samples?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Told of each step, for pictures of a registration that runs. What it returns is waited for. */
  readonly onStep?: (step: RegistrationStep) => void | Promise<void>;
}

export interface CheckedRegistration {
  readonly backend: Backend;
  readonly source: Cloud;
  readonly target: Cloud;
  /** All points of the source. */
  readonly whole: CheckedMeasure;
  readonly reach?: number;
  readonly blurs: readonly number[];
  /** Of the target, the root of the mean squared distance from its mean; above 0. */
  readonly spread: number;
  readonly run: CallOptions;
  readonly onStep?: RegistrationOptions['onStep'];
}

/** Shares of the spread, the root of the mean squared distance from the mean. */
const FIRST_SHARE = 0.5;
const LAST_SHARE = 0.05;

export async function checkRegistration(
  name: string,
  source: Measure,
  target: Measure,
  options: RegistrationOptions,
  more: readonly string[] = [],
): Promise<CheckedRegistration> {
  checkNames(name, options, [
    'backend',
    'reach',
    'blur',
    'steps',
    'samples',
    'seed',
    'onStep',
    'signal',
    'onProgress',
    ...more,
  ]);
  checkRunOptions(options);
  checkBackend(name, options.backend);
  const { backend, reach, blur = {}, steps = 12, samples = 2000, seed = 0, onStep, signal, onProgress } = options;
  if (reach !== undefined && reach !== Number.POSITIVE_INFINITY) checkPositive('reach', reach);
  for (const [what, value] of Object.entries({ steps, samples })) {
    if (!Number.isInteger(value) || value < 1)
      throw new InvalidOptionError(`${what} is ${value}: give a whole number, 1 or more`);
  }
  if (onStep !== undefined && typeof onStep !== 'function') {
    throw new InvalidOptionError(`onStep is ${onStep}: give a function that is told of each step`);
  }
  if (!Number.isInteger(seed)) throw new InvalidOptionError(`seed is ${seed}: give a whole number`);
  const { x: whole, y: other } = await runAsync(checkClouds(['source', source], ['target', target]), { signal });
  const ofWhole = await runAsync(checkedSpread(whole), { signal });
  const spread = (await runAsync(checkedSpread(other), { signal })) || ofWhole || 1;
  const to = blur.to ?? LAST_SHARE * spread;
  const from = blur.from ?? Math.max(to, FIRST_SHARE * spread);
  checkPositive('blur.to', to);
  checkPositive('blur.from', from);
  if (from < to)
    throw new InvalidOptionError(
      `blur.from is ${from} and blur.to is ${to}: the blur falls, give a larger one to begin with`,
    );
  return {
    backend,
    source: sampled(whole, samples, seed),
    target: sampled(other, samples, seed + 1),
    whole,
    spread,
    ...(reach !== undefined && Number.isFinite(reach) && { reach }),
    blurs: Array.from({ length: steps }, (_, step) => (steps === 1 ? to : from * (to / from) ** (step / (steps - 1)))),
    run: { signal, onProgress },
    onStep,
  };
}

/** Some points of a cloud, with weights that add up to 1. */
export function sampled({ points, weights, dimension, count }: CheckedMeasure, most: number, seed: number): Cloud {
  const rows = drawRows(count, most, seed);
  const own = new Float64Array(rows.length);
  const some = new Float64Array(rows.length * dimension);
  let total = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    own[index] = weights[row];
    total += own[index];
    for (let d = 0; d < dimension; d++) some[index * dimension + d] = points[row * dimension + d];
  }
  if (total > 0) for (let index = 0; index < own.length; index++) own[index] /= total;
  return { points: some, dimension, weights: total > 0 ? own : own.fill(1 / own.length) };
}

/** Fits take fourth powers of lengths, and float64 ends at 1.8e308 and at 5e-324. */
const WIDEST = 1e75;

function* checkedSpread(cloud: CheckedMeasure): Task<number> {
  const spread = yield* spreadOf(cloud);
  if (spread === 0 || (spread < WIDEST && spread > 1 / WIDEST)) return spread;
  throw new InvalidMeasureError(
    `${cloud.name} has a spread of ${spread}: its fourth power leaves the range of numbers; rescale both clouds to about 1`,
  );
}

function* spreadOf({ points, weights, masses, dimension }: CheckedMeasure): Task<number> {
  const mean = new Float64Array(dimension);
  yield* chunked(weights.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const share = weights[i] / masses[0];
      for (let d = 0; d < dimension; d++) mean[d] += share * points[i * dimension + d];
    }
  });
  let square = 0;
  yield* chunked(weights.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const share = weights[i] / masses[0];
      for (let d = 0; d < dimension; d++) square += share * (points[i * dimension + d] - mean[d]) ** 2;
    }
  });
  return Math.sqrt(square);
}

import {
  type CheckedMeasure,
  checkMeasureChunked,
  checkPair,
  InvalidMeasureError,
  type Measure,
  type MeasurePair,
  type Task,
} from '@sinkhorn/core';

/** A measure that is no batch. @throws InvalidMeasureError naming it. */
export function* checkCloud(name: string, measure: Measure): Task<CheckedMeasure> {
  const checked = yield* checkMeasureChunked(name, measure);
  if (!checked.batched) return checked;
  throw new InvalidMeasureError(`${name} is a batch: give its elements one by one, each as { points, dimension }`);
}

/** Two such measures that go together. @throws InvalidMeasureError for different dimensions too. */
export function* checkClouds(
  x: readonly [name: string, measure: Measure],
  y: readonly [name: string, measure: Measure],
): Task<MeasurePair> {
  const pair = { x: yield* checkCloud(...x), y: yield* checkCloud(...y) };
  checkPair(pair);
  return pair;
}

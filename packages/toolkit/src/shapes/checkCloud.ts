import { type CheckedMeasure, checkMeasure, InvalidMeasureError, type Measure } from '@sinkhorn/core';

/** A measure that is no batch. @throws InvalidMeasureError naming it. */
export function checkCloud(name: string, measure: Measure): CheckedMeasure {
  const checked = checkMeasure(name, measure);
  if (!checked.batched) return checked;
  throw new InvalidMeasureError(`${name} is a batch: give its elements one by one, each as { points, dimension }`);
}

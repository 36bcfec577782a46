import type { Values } from '../../backend/backend.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';

/** Both measures on the line along a direction. */
export function* projectPair({ x, y }: MeasurePair, direction: Float64Array): Task<MeasurePair> {
  return { x: yield* project(x, direction), y: yield* project(y, direction) };
}

function* project(measure: CheckedMeasure, direction: Float64Array): Task<CheckedMeasure> {
  const { points, dimension } = measure;
  const along = new Float64Array(points.length / dimension);
  yield* chunked(along.length, (from, to) => projectSome(points, direction, along, from, to));
  return { ...measure, points: along, dimension: 1 };
}

function projectSome(points: Values, direction: Float64Array, into: Float64Array, from: number, to: number): void {
  const dimension = direction.length;
  for (let k = from; k < to; k++) {
    let sum = 0;
    for (let c = 0; c < dimension; c++) sum += points[k * dimension + c] * direction[c];
    into[k] = sum;
  }
}

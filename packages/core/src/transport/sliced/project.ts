import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { numbersChunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';

/** Both measures on the line along a direction. */
export function* projectPair({ x, y }: MeasurePair, direction: Float64Array): Task<MeasurePair> {
  return { x: yield* project(x, direction), y: yield* project(y, direction) };
}

function* project(measure: CheckedMeasure, direction: Float64Array): Task<CheckedMeasure> {
  const { points, dimension } = measure;
  const along = yield* numbersChunked(points.length / dimension, (k) => {
    let sum = 0;
    for (let c = 0; c < dimension; c++) sum += points[k * dimension + c] * direction[c];
    return sum;
  });
  return { ...measure, points: along, dimension: 1 };
}

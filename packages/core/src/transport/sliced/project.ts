import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';

/** Both measures on the line along a direction. */
export const projectPair = ({ x, y }: MeasurePair, direction: Float64Array): MeasurePair => ({
  x: project(x, direction),
  y: project(y, direction),
});

function project(measure: CheckedMeasure, direction: Float64Array): CheckedMeasure {
  const { points, dimension } = measure;
  const along = new Float64Array(points.length / dimension);
  for (let k = 0; k < along.length; k++) {
    let sum = 0;
    for (let c = 0; c < dimension; c++) sum += points[k * dimension + c] * direction[c];
    along[k] = sum;
  }
  return { ...measure, points: along, dimension: 1 };
}

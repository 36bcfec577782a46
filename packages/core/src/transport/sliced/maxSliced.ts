import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { chunked } from '../../tasks/chunked.js';
import { report, type Task } from '../../tasks/task.js';
import { lineSlope } from '../line/lineCost.js';
import { solveLine } from '../line/solveLine.js';
import { dot } from './directions.js';
import { projectPair } from './project.js';
import type { SlicedOptions } from './solveSliced.js';

/** Steps up the gradient from each start at most. Raising it goes on for longer where the value hardly grows. Chosen, not measured. */
const MOST_STEPS = 200;
/** Steps that gain less than this part are the last. */
const SMALL = 1e-12;

/** The largest transport along a direction that was found, for each element of a batch. */
export interface MaxSliced {
  /** [B] */
  readonly values: Float64Array;
  /** [B, D] */
  readonly directions: Float64Array;
}

/**
 * Max-sliced transport: ascent on the sphere by projected gradients, from the given direction of each element (Deshpande et al.,
 * "Max-sliced Wasserstein distance and its use for GANs", 2019). It ends at a local maximum: a lower bound of the largest.
 *
 * @param starts - [B, D]
 */
export function* maxSliced(pair: MeasurePair, options: SlicedOptions, starts: Float64Array): Task<MaxSliced> {
  const { batch, dimension } = pair.x;
  const values = new Float64Array(batch);
  const directions = starts.slice();
  for (let element = 0; element < batch; element++) {
    const here = { x: elementOf(pair.x, element), y: elementOf(pair.y, element) };
    const direction = directions.subarray(element * dimension, (element + 1) * dimension);
    values[element] = yield* ascend(here, options, direction);
  }
  return { values, directions };
}

function elementOf(measure: CheckedMeasure, element: number): CheckedMeasure {
  const { points, weights, masses, count, dimension } = measure;
  return {
    ...measure,
    points: points.subarray(element * count * dimension, (element + 1) * count * dimension),
    weights: weights.subarray(element * count, (element + 1) * count),
    masses: masses.subarray(element, element + 1),
    batch: 1,
  };
}

/** Moves a direction upward, and returns the value it ends with. */
function* ascend(pair: MeasurePair, options: SlicedOptions, direction: Float64Array): Task<number> {
  let current = yield* slopeAlong(pair, options, direction);
  let step = 1;
  for (let iteration = 1; iteration <= MOST_STEPS; iteration++) {
    yield* report({ stage: 'ascent', iteration });
    const { slope, value } = current;
    const radial = dot(slope, direction);
    const tangent = slope.map((part, c) => part - radial * direction[c]);
    const length = Math.sqrt(dot(tangent, tangent));
    if (!(length > SMALL * value)) break;
    let gained = 0;
    // Steps are angles: they grow after a success and shrink until there is one.
    for (; step > SMALL; step /= 2) {
      const turned = direction.map((part, c) => Math.cos(step) * part + (Math.sin(step) * tangent[c]) / length);
      // Near a maximum the tangent is rounding, and not at right angles: a longer vector would look like a larger value.
      const size = Math.sqrt(dot(turned, turned));
      const trial = turned.map((part) => part / size);
      const next = yield* slopeAlong(pair, options, trial);
      if (next.value <= value) continue;
      gained = next.value - value;
      direction.set(trial);
      current = next;
      break;
    }
    step = Math.min(1, 2 * step);
    if (gained <= SMALL * value) break;
  }
  return current.value;
}

/** The value along a direction, and dV/dtheta = sum_ij pi_ij C'(<x_i - y_j, theta>) (x_i - y_j). */
function* slopeAlong(pair: MeasurePair, { p }: SlicedOptions, direction: Float64Array) {
  const projected = yield* projectPair(pair, direction);
  const solved = yield* solveLine(projected, { p });
  const { i, j, mass } = solved.plan();
  const slope = new Float64Array(direction.length);
  const { dimension } = pair.x;
  yield* chunked(mass.length, (from, to) => {
    for (let k = from; k < to; k++) {
      const factor = mass[k] * lineSlope(projected.x.points[i[k]] - projected.y.points[j[k]], p);
      for (let c = 0; c < dimension; c++) {
        slope[c] += factor * (pair.x.points[i[k] * dimension + c] - pair.y.points[j[k] * dimension + c]);
      }
    }
  });
  return { value: solved.values[0], slope };
}

import type { HostGradients } from '../../measure/hostGradients.js';
import { checkPair, type MeasurePair } from '../../measure/pair.js';
import { bySide, type Side } from '../../measure/side.js';
import { chunked } from '../../tasks/chunked.js';
import { report, type Task } from '../../tasks/task.js';
import { solveLine } from '../line/solveLine.js';
import type { Directions } from './directions.js';
import { projectPair } from './project.js';
import { standardError } from './standardError.js';

export interface SlicedOptions {
  /** The exponent of the cost |x - y|^p / p, 1 or more. */
  readonly p: number;
}

/** The mean of transport along directions. */
export interface SlicedSolved {
  /** [B] */
  readonly values: Float64Array;
  /** [B]: of the values as means over the sphere. */
  readonly standardErrors: Float64Array;
  /** [B, L] */
  readonly perDirection: Float64Array;
  readonly massError: number;
  readonly largestCost: number;
  /** Those that were wanted. */
  readonly gradients: HostGradients;
  gradientsOf(sides: readonly Side[]): Task<HostGradients>;
}

/**
 * The sliced Wasserstein distance to the power p, over p: the mean over directions of exact transport between what is projected on them
 * (Bonneel, Rabin, Peyré and Pfister, "Sliced and Radon Wasserstein barycenters of measures", 2015).
 */
export function* solveSliced(
  pair: MeasurePair,
  { p }: SlicedOptions,
  directions: Directions,
  wrt: readonly Side[],
): Task<SlicedSolved> {
  checkPair(pair);
  const { vectors, block } = directions;
  const { batch, dimension } = pair.x;
  const count = vectors.length / dimension;
  const perDirection = new Float64Array(batch * count);
  let [massError, largestCost] = [0, 0];
  const gradients = yield* gradientsWith(wrt, (values, solved, l) => {
    for (let element = 0; element < batch; element++) perDirection[element * count + l] = values[element];
    massError = Math.max(massError, solved.massError);
    largestCost = Math.max(largestCost, solved.largestCost);
  });
  const slices = (element: number) => perDirection.subarray(element * count, (element + 1) * count);
  return {
    values: Float64Array.from({ length: batch }, (_, element) => slices(element).reduce((a, b) => a + b, 0) / count),
    standardErrors: Float64Array.from({ length: batch }, (_, element) =>
      dimension === 1 ? 0 : standardError(slices(element), block),
    ),
    perDirection,
    massError,
    largestCost,
    gradients,
    gradientsOf: (sides) => gradientsWith(sides, () => {}),
  };

  function* gradientsWith(
    sides: readonly Side[],
    use: (values: Float64Array, solved: { massError: number; largestCost: number }, l: number) => void,
  ): Task<HostGradients> {
    const sums = bySide((side) => ({
      points: new Float64Array(sides.includes(side) ? pair[side].points.length : 0),
      weights: new Float64Array(sides.includes(side) ? pair[side].weights.length : 0),
    }));
    for (let l = 0; l < count; l++) {
      yield* report({ stage: 'slices', share: l / count });
      const direction = vectors.subarray(l * dimension, (l + 1) * dimension);
      const solved = yield* solveLine(yield* projectPair(pair, direction), { p });
      use(solved.values, solved, l);
      if (sides.length === 0) continue;
      const along = yield* solved.gradientsOf(sides);
      for (const side of sides) {
        const [slopes, { points, weights }] = [along[side], sums[side]];
        if (!slopes) continue;
        yield* chunked(weights.length, (from, to) => {
          for (let k = from; k < to; k++) {
            weights[k] += slopes.weights[k] / count;
            const slope = slopes.points[k] / count;
            for (let c = 0; c < dimension; c++) points[k * dimension + c] += slope * direction[c];
          }
        });
      }
    }
    return Object.fromEntries(sides.map((side) => [side, sums[side]]));
  }
}

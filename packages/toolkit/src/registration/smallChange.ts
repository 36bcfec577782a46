import { leastSquares } from '../linear/singularValues.js';
import { spectrum } from '../linear/spectrum.js';
import { type Cloud, meanOf } from './cloud.js';
import { identityMap, type LinearMap, mapPoints } from './linearMap.js';

/** Where points of a cloud should go, [N, D], and by their metrics, [N, D, D], how much each direction of that counts. */
export interface Pulled extends Cloud {
  readonly shifts: Float64Array;
  readonly metrics: Float64Array;
}

/** The least squares of a small map x -> x + sum_p a_p G_p (x - mean) / width + shift, in the unknowns a_p and the shift. */
interface NormalEquations {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly unknowns: number;
  /** The map of given unknowns. */
  mapOf(found: ArrayLike<number>): LinearMap;
}

function normalEquations(
  { points, weights, dimension, shifts, metrics }: Pulled,
  generators: readonly Float64Array[],
): NormalEquations {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = meanOf({ points, dimension, weights: weights.map((weight) => weight / total) });
  const width = spreadAround({ points, weights, dimension }, mean) || 1;
  const unknowns = generators.length + dimension;
  const [left, right] = [new Float64Array(unknowns ** 2), new Float64Array(unknowns)];
  // How a point moves with each unknown, and that by the metric: [unknowns, D] each.
  const [ways, weighed] = [new Float64Array(unknowns * dimension), new Float64Array(unknowns * dimension)];
  for (let d = 0; d < dimension; d++) ways[(generators.length + d) * dimension + d] = 1;
  const own = new Float64Array(dimension);
  for (let i = 0; i < weights.length; i++) {
    if (!(weights[i] > 0)) continue;
    const [at, metric, share] = [i * dimension, i * dimension * dimension, weights[i] / total];
    for (let d = 0; d < dimension; d++) own[d] = (points[at + d] - mean[d]) / width;
    for (let p = 0; p < generators.length; p++) {
      for (let r = 0; r < dimension; r++) {
        let sum = 0;
        for (let c = 0; c < dimension; c++) sum += generators[p][r * dimension + c] * own[c];
        ways[p * dimension + r] = sum;
      }
    }
    for (let p = 0; p < unknowns; p++) {
      let along = 0;
      for (let r = 0; r < dimension; r++) {
        let sum = 0;
        for (let c = 0; c < dimension; c++) sum += metrics[metric + r * dimension + c] * ways[p * dimension + c];
        weighed[p * dimension + r] = share * sum;
        along += share * sum * shifts[at + r];
      }
      right[p] += along;
    }
    for (let p = 0; p < unknowns; p++) {
      for (let q = 0; q <= p; q++) {
        let both = 0;
        for (let r = 0; r < dimension; r++) both += weighed[p * dimension + r] * ways[q * dimension + r];
        left[p * unknowns + q] += both;
      }
    }
  }
  for (let p = 0; p < unknowns; p++) for (let q = 0; q < p; q++) left[q * unknowns + p] = left[p * unknowns + q];
  return {
    left,
    right,
    unknowns,
    mapOf(found) {
      const { matrix } = identityMap(dimension);
      generators.forEach((generator, p) => {
        generator.forEach((value, k) => {
          matrix[k] += (found[p] * value) / width;
        });
      });
      const middle = mapPoints({ matrix, translation: new Float64Array(dimension) }, mean);
      return { matrix, translation: mean.map((value, d) => value - middle[d] + found[generators.length + d]) };
    },
  };
}

/** The small map, a sum of generators and a shift, after which points are nearest to where they should go, by their metrics. */
export function changeOf(pulled: Pulled, generators: readonly Float64Array[]): LinearMap {
  const { left, right, unknowns, mapOf } = normalEquations(pulled, generators);
  return mapOf(leastSquares(left, right, unknowns, unknowns));
}

/**
 * The changes that the metrics tell least of, in both directions: what slides a cloud along its surface. Each moves points by the given length,
 * at the root of the mean square.
 */
export function weakestChanges(
  pulled: Pulled,
  generators: readonly Float64Array[],
  count: number,
  length: number,
): LinearMap[] {
  const { points, weights, dimension } = pulled;
  const { left, unknowns, mapOf } = normalEquations(pulled, generators);
  const { vectors } = spectrum(left, unknowns);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const changes: LinearMap[] = [];
  for (let weak = 1; weak <= Math.min(count, unknowns); weak++) {
    const found = vectors.subarray((unknowns - weak) * unknowns, (unknowns - weak + 1) * unknowns);
    const moved = mapPoints(mapOf(found), points);
    const square = moved.reduce(
      (sum, value, k) => sum + (weights[Math.floor(k / dimension)] / total) * (value - points[k]) ** 2,
      0,
    );
    if (!(square > 0)) continue;
    for (const way of [1, -1]) changes.push(mapOf(found.map((value) => (way * value * length) / Math.sqrt(square))));
  }
  return changes;
}

/** How far points are from a place, at the root of the weighted mean square. */
export function spreadAround({ points, weights, dimension }: Cloud, middle: Float64Array): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Math.sqrt(
    points.reduce(
      (sum, value, k) => sum + (weights[Math.floor(k / dimension)] / total) * (value - middle[k % dimension]) ** 2,
      0,
    ),
  );
}

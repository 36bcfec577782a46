import { multiple, trace } from '../linear/matrix.js';
import { spectrum } from '../linear/spectrum.js';
import type { Cloud } from './cloud.js';

/** Points that tell the shape of a cloud around one of them. */
const NEIGHBOURS = 12;
/** Directions with less than this share of the mean variance count as equally thin. */
const THINNEST = 1e-3;

/**
 * How much each direction counts at each point, [N, D, D]: much across what a cloud is around the point, a surface or a curve, and
 * little along it, since samples of one surface lie anywhere along it. From the covariance C of the nearest points: the square of C's
 * inverse, with 1 for its largest eigenvalue. Generalised from distances to planes (Chen and Medioni 1991; Segal et al. 2009).
 */
export function localShape({ points, weights, dimension }: Cloud): Float64Array {
  const count = weights.length;
  const metrics = new Float64Array(count * dimension ** 2);
  const near = nearest(points, dimension, Math.min(NEIGHBOURS, count));
  for (let i = 0; i < count; i++) metrics.set(metricOf(points, near[i], dimension), i * dimension ** 2);
  return metrics;
}

function metricOf(points: Float64Array, rows: Uint32Array, dimension: number): Float64Array {
  const covariance = new Float64Array(dimension ** 2);
  const mean = new Float64Array(dimension);
  for (const row of rows) for (let d = 0; d < dimension; d++) mean[d] += points[row * dimension + d] / rows.length;
  for (const row of rows) {
    for (let r = 0; r < dimension; r++) {
      for (let c = 0; c < dimension; c++) {
        const product = (points[row * dimension + r] - mean[r]) * (points[row * dimension + c] - mean[c]);
        covariance[r * dimension + c] += product;
      }
    }
  }
  const size = trace(covariance, dimension) / dimension;
  if (!(size > 0)) return multiple(1, dimension);
  const { values, vectors } = spectrum(covariance, dimension);
  const metric = new Float64Array(dimension ** 2);
  // Rounding may leave a variance of 0 a little below it.
  const says = values.map((value) => 1 / (Math.max(0, value) / size + THINNEST) ** 2);
  // The trace is between the largest eigenvalue and D times it.
  const total = says.reduce((sum, say) => sum + say, 0);
  for (const [k, say] of says.entries()) {
    const axis = vectors.subarray(k * dimension, (k + 1) * dimension);
    for (let r = 0; r < dimension; r++) {
      for (let c = 0; c < dimension; c++) metric[r * dimension + c] += (say / total) * axis[r] * axis[c];
    }
  }
  return metric;
}

/** The nearest points of each point, itself among them. */
function nearest(points: Float64Array, dimension: number, count: number): Uint32Array[] {
  const rows = points.length / dimension;
  return Array.from({ length: rows }, (_, i) => {
    // The nearest so far, sorted by insertion.
    const found = new Uint32Array(count);
    const squares = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < rows; j++) {
      let square = 0;
      for (let d = 0; d < dimension; d++) square += (points[i * dimension + d] - points[j * dimension + d]) ** 2;
      if (square >= squares[count - 1]) continue;
      let place = count - 1;
      for (; place > 0 && squares[place - 1] > square; place--) {
        squares[place] = squares[place - 1];
        found[place] = found[place - 1];
      }
      squares[place] = square;
      found[place] = j;
    }
    return found;
  });
}

import { multiple, trace } from '../linear/matrix.js';
import { spectrum } from '../linear/spectrum.js';
import type { Cloud } from './cloud.js';

/** Points that tell the shape of a cloud around one of them. */
const NEIGHBOURS = 12;
/** Directions with less than this share of the mean variance count as equally thin. */
const THINNEST = 1e-3;

/** How a cloud lies around each of its points. */
export interface LocalShape {
  /** [N, D, D]: how much each direction counts. */
  readonly metrics: Float64Array;
  /** [N]: the distance of the last of the nearest points. */
  readonly radii: Float64Array;
}

/**
 * How much each direction counts at each point: much across what a cloud is around the point, a surface or a curve, and
 * little along it, since samples of one surface lie anywhere along it. From the covariance C of the nearest points: the square of C's
 * inverse, with 1 for its largest eigenvalue. Generalised from distances to planes (Chen and Medioni 1991; Segal et al. 2009).
 */
export function localShape({ points, weights, dimension }: Cloud): LocalShape {
  const count = weights.length;
  const metrics = new Float64Array(count * dimension ** 2);
  const radii = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const { rows, square } = nearest(points, dimension, Math.min(NEIGHBOURS, count), i);
    metrics.set(metricOf(points, rows, dimension), i * dimension ** 2);
    radii[i] = Math.sqrt(square);
  }
  return { metrics, radii };
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

/** The nearest points of one, itself among them, and the squared distance of the last of them. */
export function nearest(
  points: Float64Array,
  dimension: number,
  count: number,
  of: number,
): { readonly rows: Uint32Array; readonly square: number } {
  const others = points.length / dimension;
  // The nearest so far, sorted by insertion.
  const rows = new Uint32Array(count);
  const squares = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  for (let j = 0; j < others; j++) {
    let square = 0;
    for (let d = 0; d < dimension; d++) {
      const way = points[of * dimension + d] - points[j * dimension + d];
      square += way * way;
    }
    if (square >= squares[count - 1]) continue;
    let place = count - 1;
    for (; place > 0 && squares[place - 1] > square; place--) {
      squares[place] = squares[place - 1];
      rows[place] = rows[place - 1];
    }
    squares[place] = square;
    rows[place] = j;
  }
  return { rows, square: squares[count - 1] };
}

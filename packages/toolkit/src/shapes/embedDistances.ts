import { InvalidOptionError } from '@sinkhorn/core';
import { checkNames } from '@sinkhorn/losses/extend';
import { spectrum } from '../linear/spectrum.js';

/** Coordinates that have nearly the given distances. */
export interface Embedding {
  /** [N, dimension], centred, the axis of most spread first. */
  readonly points: Float64Array;
  readonly dimension: number;
  /** The share of the positive part of the spectrum that the coordinates have, from 0 to 1: of Euclidean distances, the share of their squares. */
  readonly explained: number;
  /** The share of the spectrum that no coordinates can have, as the distances are not those of any points: 0 for Euclidean ones. */
  readonly notEuclidean: number;
}

/**
 * Coordinates from a matrix of distances, by classical scaling (Torgerson 1952): a map of data sets, from `pairwise`.
 *
 * @param distances - [N, N], row by row, symmetric, with 0 on the diagonal. For Sinkhorn divergences S of p = 2 give sqrt(2 S).
 * @param options - `dimension`: how many coordinates, default 2.
 * @throws InvalidOptionError where it is no such matrix, naming the entry.
 *
 * @example
 * ```ts
 * import { embedDistances } from 'sinkhorn/toolkit';
 *
 * const { points, explained } = embedDistances([0, 3, 4, 3, 0, 5, 4, 5, 0]);
 * const side = Math.hypot(points[0] - points[2], points[1] - points[3]);
 * if (Math.abs(side - 3) > 1e-9 || Math.abs(explained - 1) > 1e-9) throw new Error('unexpected');
 * ```
 */
export function embedDistances(distances: ArrayLike<number>, options: { readonly dimension?: number } = {}): Embedding {
  checkNames('embedDistances', options, ['dimension']);
  const { dimension = 2 } = options;
  const count = Math.round(Math.sqrt(distances?.length));
  if (!(count >= 1) || count ** 2 !== distances.length) {
    throw new InvalidOptionError(
      `distances has ${distances?.length} numbers, which are no square: give [N, N], row by row`,
    );
  }
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new InvalidOptionError(`dimension is ${dimension}: give a whole number, 1 or more`);
  }
  let largest = 0;
  for (let k = 0; k < distances.length; k++) largest = Math.max(largest, Math.abs(distances[k]));
  // Squares of very large or very small distances have no number.
  const scale = largest > 0 && largest < Number.POSITIVE_INFINITY ? largest : 1;
  const squares = new Float64Array(count ** 2);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const [value, mirrored] = [distances[i * count + j], distances[j * count + i]];
      if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
        throw new InvalidOptionError(`distances[${i}, ${j}] is ${value}: distances are finite and 0 or more`);
      }
      if (Math.abs(value - mirrored) > 1e-3 * largest) {
        throw new InvalidOptionError(
          `distances[${i}, ${j}] is ${value} and [${j}, ${i}] is ${mirrored}: give a symmetric matrix`,
        );
      }
      if (i === j && value > 1e-3 * largest) {
        throw new InvalidOptionError(`distances[${i}, ${i}] is ${value}: the distance of anything from itself is 0`);
      }
      squares[i * count + j] = ((value / scale) ** 2 + (mirrored / scale) ** 2) / 2;
    }
  }
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const means = Float64Array.from(
    { length: count },
    (_, i) => sum(squares.subarray(i * count, (i + 1) * count)) / count,
  );
  const mean = sum(means) / count;
  const inner = squares.map((square, k) => -(square - means[Math.floor(k / count)] - means[k % count] + mean) / 2);
  const { values, vectors } = spectrum(inner, count);
  const points = new Float64Array(count * dimension);
  // Below this an eigenvalue is rounding, and its square root would look like a distance.
  const rounded = count * Number.EPSILON * Math.max(values[0], -values[count - 1]);
  const kept = values.subarray(0, dimension).map((value) => (value > rounded ? value : 0));
  kept.forEach((value, d) => {
    for (let i = 0; i < count; i++) points[i * dimension + d] = scale * Math.sqrt(value) * vectors[d * count + i];
  });
  const above = sum(values.map((value) => Math.max(0, value)));
  const below = sum(values.map((value) => Math.max(0, -value)));
  return {
    points,
    dimension,
    explained: above > 0 ? sum(kept) / above : 1,
    notEuclidean: above > 0 ? below / (above + below) : 0,
  };
}

import { type Draw, drawsFrom } from '../../random/random.js';

/** Unit vectors of D components, one after the other, and how many of them belong together: blocks are independent. */
export interface Directions {
  /** [L, D] */
  readonly vectors: Float64Array;
  readonly block: number;
}

/** Standard normal draws in pairs: Box and Muller, 1958. */
function normalsFrom(draw: Draw): () => number {
  let kept: number | undefined;
  return () => {
    if (kept !== undefined) {
      const normal = kept;
      kept = undefined;
      return normal;
    }
    const radius = Math.sqrt(-2 * Math.log((draw() + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * (draw() + 0.5)) / 2 ** 32;
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/**
 * Directions on the sphere, the same for the same seed. Orthogonal ones are blocks of D that form a basis: far less varied than independent
 * ones. In the plane these are equally spaced angles instead, and nothing is drawn; on the line there is one direction.
 */
export function drawDirections(dimension: number, count: number, seed: number, orthogonal: boolean): Directions {
  if (dimension === 1) return { vectors: Float64Array.of(1), block: 1 };
  const vectors = new Float64Array(count * dimension);
  if (dimension === 2 && orthogonal) {
    for (let k = 0; k < count; k++) {
      vectors[2 * k] = Math.cos((Math.PI * k) / count);
      vectors[2 * k + 1] = Math.sin((Math.PI * k) / count);
    }
    return { vectors, block: 1 };
  }
  const normal = normalsFrom(drawsFrom(seed));
  const block = orthogonal ? dimension : 1;
  for (let k = 0; k < count; ) {
    const vector = vectors.subarray(k * dimension, (k + 1) * dimension);
    for (let c = 0; c < dimension; c++) vector[c] = normal();
    const first = k - (k % block);
    // Twice, since once leaves the rounding of what is taken away.
    for (let round = 0; round < 2; round++) {
      for (let other = first; other < k; other++) {
        const known = vectors.subarray(other * dimension, (other + 1) * dimension);
        const share = dot(vector, known);
        for (let c = 0; c < dimension; c++) vector[c] -= share * known[c];
      }
      const length = Math.sqrt(dot(vector, vector));
      for (let c = 0; c < dimension; c++) vector[c] /= length;
    }
    // A draw in the span of the others has no direction left: it is drawn again.
    if (Math.abs(dot(vector, vector) - 1) < 1e-12) k++;
  }
  return { vectors, block };
}

export function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let c = 0; c < one.length; c++) sum += one[c] * other[c];
  return sum;
}

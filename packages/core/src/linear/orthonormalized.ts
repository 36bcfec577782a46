/** Vectors one after the other. */
export type Columns = readonly Float64Array[];

/** A matrix of few numbers, row by row. */
export type Rows = readonly Float64Array[];

/** Vectors as products of orthonormal ones with a matrix, [rank, size]. */
export interface Orthonormalized {
  readonly basis: Columns;
  readonly factor: Rows;
}

/** The scalar product of two vectors. */
export function dot(weights: Float64Array, left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * left[i] * right[i];
  return sum;
}

/** target += factor * vector */
export function addTimes(target: Float64Array, factor: number, vector: Float64Array): void {
  if (factor === 0) return;
  for (let i = 0; i < target.length; i++) target[i] += factor * vector[i];
}

/**
 * Orthonormal vectors that span others, in a weighted scalar product: by Gram and Schmidt, the longest first and each twice, so that they are
 * orthogonal to rounding. What is left of a vector in a norm of `negligible` or less is taken for 0.
 */
export function orthonormalized(weights: Float64Array, vectors: Columns, negligible: number): Orthonormalized {
  const left = vectors.map((vector) => vector.slice());
  const squares = left.map((vector) => dot(weights, vector, vector));
  const basis: Float64Array[] = [];
  const factor: Float64Array[] = [];
  const open = new Set(left.keys());
  while (open.size > 0) {
    let longest = -1;
    for (const c of open) if (longest < 0 || squares[c] > squares[longest]) longest = c;
    open.delete(longest);
    const vector = left[longest];
    for (const [r, known] of basis.entries()) {
      const part = dot(weights, known, vector);
      addTimes(vector, -part, known);
      factor[r][longest] += part;
    }
    const length = Math.sqrt(dot(weights, vector, vector));
    if (!(length > negligible)) continue;
    const next = vector.map((value) => value / length);
    const parts = new Float64Array(vectors.length);
    parts[longest] = length;
    for (const c of open) {
      parts[c] = dot(weights, next, left[c]);
      addTimes(left[c], -parts[c], next);
      squares[c] = dot(weights, left[c], left[c]);
    }
    basis.push(next);
    factor.push(parts);
  }
  return { basis, factor };
}

/** The products of vectors with a matrix, [number of vectors, size]. */
export function combined(
  vectors: Columns,
  matrix: Rows,
  size: number,
  length = vectors[0]?.length ?? 0,
): Float64Array[] {
  return Array.from({ length: size }, (_, c) => {
    const sum = new Float64Array(length);
    for (const [r, vector] of vectors.entries()) addTimes(sum, matrix[r][c], vector);
    return sum;
  });
}

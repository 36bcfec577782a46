/** x -> matrix x + translation, in D dimensions. */
export interface LinearMap {
  /** [D, D], row by row. */
  readonly matrix: Float64Array;
  /** [D] */
  readonly translation: Float64Array;
}

/** The map that leaves points where they are. */
export const identityMap = (dimension: number): LinearMap => ({
  matrix: Float64Array.from({ length: dimension ** 2 }, (_, k) => (k % (dimension + 1) === 0 ? 1 : 0)),
  translation: new Float64Array(dimension),
});

/** Points, [N, D], where a map takes them. */
export function mapPoints({ matrix, translation }: LinearMap, points: ArrayLike<number>): Float64Array {
  const dimension = translation.length;
  const moved = new Float64Array(points.length);
  for (let from = 0; from < points.length; from += dimension) {
    for (let r = 0; r < dimension; r++) {
      let sum = translation[r];
      for (let c = 0; c < dimension; c++) sum += matrix[r * dimension + c] * points[from + c];
      moved[from + r] = sum;
    }
  }
  return moved;
}

/** First one map, then the other. */
export function andThen(first: LinearMap, second: LinearMap): LinearMap {
  const dimension = first.translation.length;
  const matrix = new Float64Array(dimension ** 2);
  for (let r = 0; r < dimension; r++) {
    for (let c = 0; c < dimension; c++) {
      for (let k = 0; k < dimension; k++) {
        matrix[r * dimension + c] += second.matrix[r * dimension + k] * first.matrix[k * dimension + c];
      }
    }
  }
  return { matrix, translation: mapPoints(second, first.translation) };
}

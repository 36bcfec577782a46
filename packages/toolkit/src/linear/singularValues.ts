/** A = U diag(values) V', with the largest value first. */
export interface SingularValues {
  /** [n] */
  readonly values: Float64Array;
  /** [n, rows]: the left vectors, one a row. */
  readonly left: Float64Array;
  /** [n, n]: the right vectors, one a row. */
  readonly right: Float64Array;
}

/** Rounds over all pairs of columns at most: each squares what is left between them once that is small, and 6 to 10 are enough. */
const MOST_ROUNDS = 60;

/**
 * Singular values and vectors of a matrix, [rows, n] with n at most `rows`, by rotations of its columns until they are orthogonal (Hestenes
 * 1958; Golub and Van Loan, Matrix Computations, section 8.6). For some tens of columns at most. Left vectors of a value of 0 complete the
 * others.
 */
export function singularValues(matrix: ArrayLike<number>, rows: number, n: number): SingularValues {
  // Entries of about 1, whose squares there are; dividing by a power of 2 rounds nothing.
  let largest = 0;
  for (let k = 0; k < rows * n; k++) largest = Math.max(largest, Math.abs(matrix[k]));
  const unit = largest > 0 ? 2 ** Math.floor(Math.log2(largest)) : 1;
  const columns = Array.from({ length: n }, (_, c) =>
    Float64Array.from({ length: rows }, (_, r) => matrix[r * n + c] / unit),
  );
  const turns = Array.from({ length: n }, (_, c) => Float64Array.from({ length: n }, (_, r) => (r === c ? 1 : 0)));
  for (let round = 0; round < MOST_ROUNDS && turned(columns, turns); round++);
  const lengths = columns.map((column) => Math.hypot(...column));
  const order = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a]);
  const [left, right] = [new Float64Array(n * rows), new Float64Array(n * n)];
  order.forEach((k, place) => {
    right.set(turns[k], place * n);
    const own = left.subarray(place * rows, (place + 1) * rows);
    if (lengths[k] > 0) own.set(columns[k].map((value) => value / lengths[k]));
    else own.set(beside(left.subarray(0, place * rows), rows));
  });
  return { values: Float64Array.from(order, (k) => unit * lengths[k]), left, right };
}

/** Turns each pair of columns until they are orthogonal to rounding, and tells whether there was one to turn. */
function turned(columns: readonly Float64Array[], turns: readonly Float64Array[]): boolean {
  let any = false;
  for (let p = 0; p < columns.length; p++) {
    for (let q = p + 1; q < columns.length; q++) {
      const [one, two] = [columns[p], columns[q]];
      const [square, other, both] = [dot(one, one), dot(two, two), dot(one, two)];
      if (!(Math.abs(both) > Number.EPSILON * Math.sqrt(square * other))) continue;
      any = true;
      const slope = (other - square) / (2 * both);
      const tangent = (slope >= 0 ? 1 : -1) / (Math.abs(slope) + Math.hypot(1, slope));
      const cosine = 1 / Math.hypot(1, tangent);
      rotate(one, two, cosine, tangent * cosine);
      rotate(turns[p], turns[q], cosine, tangent * cosine);
    }
  }
  return any;
}

function rotate(one: Float64Array, two: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < one.length; k++) {
    const [u, v] = [one[k], two[k]];
    one[k] = cosine * u - sine * v;
    two[k] = sine * u + cosine * v;
  }
}

function dot(one: Float64Array, two: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += one[k] * two[k];
  return sum;
}

/** A vector of length 1 that is orthogonal to some others of length 1, which are orthogonal to each other: what they leave most of an axis. */
function beside(others: Float64Array, size: number): Float64Array {
  let best = new Float64Array(size);
  for (let axis = 0; axis < size; axis++) {
    const rest = new Float64Array(size);
    rest[axis] = 1;
    for (let from = 0; from < others.length; from += size) {
      const other = others.subarray(from, from + size);
      const along = dot(rest, other);
      for (let k = 0; k < size; k++) rest[k] -= along * other[k];
    }
    if (dot(rest, rest) > dot(best, best)) best = rest;
  }
  const length = Math.sqrt(dot(best, best));
  return best.map((value) => value / length);
}

/**
 * The shortest of the vectors x, [n], for which matrix x is nearest to what is wanted, [rows]: directions in which the matrix is nothing but
 * rounding count as 0.
 */
export function leastSquares(matrix: ArrayLike<number>, wanted: Float64Array, rows: number, n: number): Float64Array {
  if (rows < n) {
    // The rows are filled up with zeros, which ask for nothing.
    const [more, longer] = [new Float64Array(n * n), new Float64Array(n)];
    for (let k = 0; k < rows * n; k++) more[k] = matrix[k];
    longer.set(wanted);
    return leastSquares(more, longer, n, n);
  }
  const { values, left, right } = singularValues(matrix, rows, n);
  const found = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    if (!(values[k] > Number.EPSILON * rows * values[0])) break;
    const share = dot(left.subarray(k * rows, (k + 1) * rows), wanted) / values[k];
    for (let c = 0; c < n; c++) found[c] += share * right[k * n + c];
  }
  return found;
}

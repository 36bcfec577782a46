/** The eigenvalues of a symmetric matrix from the largest down, and its eigenvectors. */
export interface Spectrum {
  /** [n] */
  readonly values: Float64Array;
  /** [n, n]: the eigenvectors, each of length 1, one a row. */
  readonly vectors: Float64Array;
}

/** Steps for each eigenvalue at most: 2 or 3 are the rule. */
const MOST_STEPS = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, [n, n], for up to some thousands of rows: Householder's reflections to a tridiagonal
 * form, and QR steps with Wilkinson's shift (Golub and Van Loan, Matrix Computations, algorithms 8.3.1 to 8.3.3).
 */
export function spectrum(matrix: Float64Array, n: number): Spectrum {
  const { diagonal, beside, vectors } = tridiagonal(matrix, n);
  for (let last = n - 1, steps = 0; last > 0; ) {
    for (let k = 0; k < last; k++) {
      if (Math.abs(beside[k]) <= Number.EPSILON * (Math.abs(diagonal[k]) + Math.abs(diagonal[k + 1]))) beside[k] = 0;
    }
    if (beside[last - 1] === 0 || steps++ > MOST_STEPS) {
      last--;
      steps = 0;
      continue;
    }
    let first = last - 1;
    while (first > 0 && beside[first - 1] !== 0) first--;
    step(diagonal, beside, vectors, first, last);
  }
  const order = [...diagonal.keys()].sort((a, b) => diagonal[b] - diagonal[a]);
  const sorted = new Float64Array(n * n);
  order.forEach((k, place) => {
    sorted.set(vectors.subarray(k * n, (k + 1) * n), place * n);
  });
  return { values: Float64Array.from(order, (k) => diagonal[k]), vectors: sorted };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  /** Rows q_i with matrix = sum_ij q_i T_ij q_j'. */
  readonly vectors: Float64Array;
}

function tridiagonal(matrix: Float64Array, n: number): Tridiagonal {
  const a = matrix.slice();
  const mirrors: { readonly mirror: Float64Array; readonly factor: number }[] = [];
  const [diagonal, beside] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n - 1; k++) {
    // Row k behind its diagonal, which one reflection makes a multiple of the first axis.
    const mirror = a.slice(k * n + k + 1, (k + 1) * n);
    const size = n - k - 1;
    // Squares of numbers of about 1: neither too large nor nothing.
    const largest = mirror.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    let square = 0;
    if (largest > 0) for (let c = 0; c < size; c++) square += (mirror[c] / largest) ** 2;
    const length = largest * Math.sqrt(square);
    const end = mirror[0] > 0 ? -length : length;
    beside[k] = size === 1 ? mirror[0] : end;
    if (size === 1 || length === 0) {
      mirrors.push({ mirror, factor: 0 });
      continue;
    }
    for (let c = 0; c < size; c++) mirror[c] = (mirror[c] - (c === 0 ? end : 0)) / length;
    let norm = 0;
    for (let c = 0; c < size; c++) norm += mirror[c] ** 2;
    const factor = 2 / norm;
    reflectBothSides(a, mirror, factor, n, k + 1);
    mirrors.push({ mirror, factor });
  }
  for (let k = 0; k < n; k++) diagonal[k] = a[k * n + k];
  const vectors = new Float64Array(n * n);
  for (let k = 0; k < n; k++) vectors[k * n + k] = 1;
  for (let k = n - 3; k >= 0; k--) {
    const { mirror, factor } = mirrors[k];
    if (factor === 0) continue;
    for (let row = k + 1; row < n; row++) {
      const own = vectors.subarray(row * n + k + 1, (row + 1) * n);
      let along = 0;
      for (let c = 0; c < own.length; c++) along += own[c] * mirror[c];
      for (let c = 0; c < own.length; c++) own[c] -= factor * along * mirror[c];
    }
  }
  return { diagonal, beside, vectors };
}

/** Reflects rows and columns from one on. */
function reflectBothSides(a: Float64Array, mirror: Float64Array, factor: number, n: number, from: number): void {
  const size = mirror.length;
  const image = new Float64Array(size);
  let along = 0;
  for (let r = 0; r < size; r++) {
    const own = a.subarray((from + r) * n + from, (from + r + 1) * n);
    let sum = 0;
    for (let c = 0; c < size; c++) sum += own[c] * mirror[c];
    image[r] = factor * sum;
    along += image[r] * mirror[r];
  }
  for (let r = 0; r < size; r++) image[r] -= (factor / 2) * along * mirror[r];
  for (let r = 0; r < size; r++) {
    const own = a.subarray((from + r) * n + from, (from + r + 1) * n);
    for (let c = 0; c < size; c++) own[c] -= mirror[r] * image[c] + image[r] * mirror[c];
  }
}

/** One QR step on the rows from one to another, which hang together; the last one's eigenvalue is what it goes for. */
function step(diagonal: Float64Array, beside: Float64Array, vectors: Float64Array, first: number, last: number): void {
  const n = diagonal.length;
  const half = (diagonal[last - 1] - diagonal[last]) / 2;
  const off = beside[last - 1];
  const shift = diagonal[last] - (off / (half + (half >= 0 ? 1 : -1) * Math.hypot(half, off))) * off;
  let [x, z] = [diagonal[first] - shift, beside[first]];
  for (let k = first; k < last; k++) {
    const length = Math.hypot(x, z);
    const [cosine, sine] = length > 0 ? [x / length, z / length] : [1, 0];
    if (k > first) beside[k - 1] = length;
    const [a, b, c] = [diagonal[k], beside[k], diagonal[k + 1]];
    diagonal[k] = cosine * (cosine * a + sine * b) + sine * (cosine * b + sine * c);
    diagonal[k + 1] = sine * (sine * a - cosine * b) - cosine * (sine * b - cosine * c);
    beside[k] = cosine * (cosine * b - sine * a) + sine * (cosine * c - sine * b);
    x = beside[k];
    if (k < last - 1) {
      z = sine * beside[k + 1];
      beside[k + 1] *= cosine;
    }
    const [one, two] = [vectors.subarray(k * n, (k + 1) * n), vectors.subarray((k + 1) * n, (k + 2) * n)];
    for (let c = 0; c < n; c++) {
      const [u, v] = [one[c], two[c]];
      one[c] = cosine * u + sine * v;
      two[c] = cosine * v - sine * u;
    }
  }
}

import { chunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';

/**
 * Puts the lower Cholesky factor L of a symmetric matrix A = L L' in place of A's lower triangle, [n, n] row by row; the upper one is
 * not touched. Pivots are at least as large as is said for each row: below that they are rounding.
 */
export function factorInPlace(matrix: Float64Array, size: number, leastPivot: (row: number) => number): void {
  for (let j = 0; j < size; j++) factorRow(matrix, size, j, leastPivot(j));
}

/** The same in chunks. */
export function* factorChunked(matrix: Float64Array, size: number, leastPivot: number): Task<void> {
  const factor = (from: number, to: number) => {
    for (let j = from; j < to; j++) factorRow(matrix, size, j, leastPivot);
  };
  yield* chunked(size, factor, rowsAtOnce(size * size));
}

/** A row of the factor, four entries at a time: sums that wait for nothing but themselves leave a processor idle. */
function factorRow(matrix: Float64Array, size: number, j: number, leastPivot: number): void {
  const row = j * size;
  let k = 0;
  for (; k + 3 < j; k += 4) {
    const a = k * size;
    const b = a + size;
    const c = b + size;
    const d = c + size;
    let first = matrix[row + k];
    let second = matrix[row + k + 1];
    let third = matrix[row + k + 2];
    let fourth = matrix[row + k + 3];
    for (let l = 0; l < k; l++) {
      const value = matrix[row + l];
      first -= value * matrix[a + l];
      second -= value * matrix[b + l];
      third -= value * matrix[c + l];
      fourth -= value * matrix[d + l];
    }
    first /= matrix[a + k];
    second = (second - first * matrix[b + k]) / matrix[b + k + 1];
    third = (third - first * matrix[c + k] - second * matrix[c + k + 1]) / matrix[c + k + 2];
    fourth = fourth - first * matrix[d + k] - second * matrix[d + k + 1] - third * matrix[d + k + 2];
    matrix[row + k] = first;
    matrix[row + k + 1] = second;
    matrix[row + k + 2] = third;
    matrix[row + k + 3] = fourth / matrix[d + k + 3];
  }
  for (; k <= j; k++) {
    let value = matrix[row + k];
    for (let l = 0; l < k; l++) value -= matrix[row + l] * matrix[k * size + l];
    matrix[row + k] = k < j ? value / matrix[k * size + k] : Math.sqrt(Math.max(value, leastPivot));
  }
}

/** Solves L u = v for the lower factor, in place of v. */
export function solveLower(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let j = 0; j < size; j++) {
    let value = vector[j];
    for (let l = 0; l < j; l++) value -= factor[j * size + l] * vector[l];
    vector[j] = value / factor[j * size + j];
  }
}

/** Solves L' u = v, in place of v. */
export function solveUpper(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let j = size - 1; j >= 0; j--) {
    const value = vector[j] / factor[j * size + j];
    vector[j] = value;
    for (let l = 0; l < j; l++) vector[l] -= factor[j * size + l] * value;
  }
}

/** Solves L u = v for each row v of a matrix, [rows, size], in place of it. Where `isUpper`, row i has nothing before its entry i. */
export function* solveLowerRows(factor: Float64Array, size: number, matrix: Float64Array, isUpper = false): Task<void> {
  const rows = matrix.length / size;
  // Four rows and two columns at a time: each number read is used more than once.
  const four = (i: number) => {
    const a = i * size;
    const b = a + size;
    const c = b + size;
    const d = c + size;
    const begin = isUpper ? i : 0;
    let j = begin;
    for (; j + 1 < size; j += 2) {
      const row = j * size;
      const next = row + size;
      let first = matrix[a + j];
      let second = matrix[b + j];
      let third = matrix[c + j];
      let fourth = matrix[d + j];
      let fifth = matrix[a + j + 1];
      let sixth = matrix[b + j + 1];
      let seventh = matrix[c + j + 1];
      let eighth = matrix[d + j + 1];
      for (let l = begin; l < j; l++) {
        const value = factor[row + l];
        const below = factor[next + l];
        first -= value * matrix[a + l];
        second -= value * matrix[b + l];
        third -= value * matrix[c + l];
        fourth -= value * matrix[d + l];
        fifth -= below * matrix[a + l];
        sixth -= below * matrix[b + l];
        seventh -= below * matrix[c + l];
        eighth -= below * matrix[d + l];
      }
      const pivot = factor[row + j];
      const across = factor[next + j];
      const last = factor[next + j + 1];
      matrix[a + j] = first /= pivot;
      matrix[b + j] = second /= pivot;
      matrix[c + j] = third /= pivot;
      matrix[d + j] = fourth /= pivot;
      matrix[a + j + 1] = (fifth - across * first) / last;
      matrix[b + j + 1] = (sixth - across * second) / last;
      matrix[c + j + 1] = (seventh - across * third) / last;
      matrix[d + j + 1] = (eighth - across * fourth) / last;
    }
    if (j < size) {
      for (const row of [a, b, c, d]) {
        let value = matrix[row + j];
        for (let l = begin; l < j; l++) value -= factor[j * size + l] * matrix[row + l];
        matrix[row + j] = value / factor[j * size + j];
      }
    }
  };
  const solve = (from: number, to: number) => {
    let i = from;
    for (; i + 3 < to; i += 4) four(i);
    for (; i < to; i++) solveLower(factor, size, matrix.subarray(i * size, (i + 1) * size));
  };
  yield* chunked(rows, solve, 4 * rowsAtOnce(4 * size * size));
}

/**
 * Adds the scalar products of a matrix's rows, [n, size], times a factor, to the lower triangle of another, [n, n]. Where `isUpper`, row i has
 * nothing before its entry i.
 */
export function* addProducts(
  into: Float64Array,
  n: number,
  matrix: Float64Array,
  factor: number,
  isUpper = false,
): Task<void> {
  const size = matrix.length / n;
  const one = (i: number, j: number, begin: number) => {
    let sum = 0;
    for (let l = begin; l < size; l++) sum += matrix[i * size + l] * matrix[j * size + l];
    into[i * n + j] += factor * sum;
  };
  // Two rows against four at a time: each number read is used more than once.
  const eight = (i: number, j: number, begin: number) => {
    const row = i * size;
    const below = row + size;
    const a = j * size;
    const b = a + size;
    const c = b + size;
    const d = c + size;
    let first = 0;
    let second = 0;
    let third = 0;
    let fourth = 0;
    let fifth = 0;
    let sixth = 0;
    let seventh = 0;
    let eighth = 0;
    for (let l = begin; l < size; l++) {
      const value = matrix[row + l];
      const other = matrix[below + l];
      const inFirst = matrix[a + l];
      const inSecond = matrix[b + l];
      const inThird = matrix[c + l];
      const inFourth = matrix[d + l];
      first += value * inFirst;
      second += value * inSecond;
      third += value * inThird;
      fourth += value * inFourth;
      fifth += other * inFirst;
      sixth += other * inSecond;
      seventh += other * inThird;
      eighth += other * inFourth;
    }
    const at = i * n + j;
    into[at] += factor * first;
    into[at + 1] += factor * second;
    into[at + 2] += factor * third;
    into[at + 3] += factor * fourth;
    into[at + n] += factor * fifth;
    into[at + n + 1] += factor * sixth;
    into[at + n + 2] += factor * seventh;
    into[at + n + 3] += factor * eighth;
  };
  const add = (from: number, to: number) => {
    for (let i = from; i < to; i += 2) {
      const begin = isUpper ? i : 0;
      let j = 0;
      if (i + 1 < to) for (; j + 3 <= i; j += 4) eight(i, j, begin);
      for (let row = i; row < Math.min(i + 2, to); row++) for (let k = j; k <= row; k++) one(row, k, begin);
    }
  };
  yield* chunked(n, add, 2 * rowsAtOnce(2 * n * size));
}

/** Multiplications between two places where a task can be interrupted: some milliseconds. Chosen, not measured. */
const PRODUCTS_AT_ONCE = 1 << 23;

const rowsAtOnce = (productsOfRow: number): number => Math.max(1, Math.floor(PRODUCTS_AT_ONCE / productsOfRow));

import type { Rows } from './orthonormalized.js';
import { smallCholesky, solvedLower } from './smallCholesky.js';

/** A symmetric matrix of blocks, next to each other along the diagonal: those on it, and those below it, one less. */
export interface BlockTridiagonal {
  readonly diagonal: readonly Rows[];
  readonly below: readonly Rows[];
}

/** Halvings of an interval that holds the value: as many digits as float64 has. */
const HALVINGS = 50;

/**
 * The smallest eigenvalue of a positive operator on the space that block conjugate gradients went through: that of the matrix of block
 * Lanczos, which their steps tell (Golub and Van Loan 2013, section 10.3). It is never below the operator's own. Infinity where there was no step.
 */
export function smallestRitzValue(matrix: BlockTridiagonal): number {
  let high = Number.POSITIVE_INFINITY;
  for (const rows of matrix.diagonal) for (const [r, row] of rows.entries()) high = Math.min(high, row[r]);
  if (high === Number.POSITIVE_INFINITY || high <= 0) return high;
  let low = high / 2;
  while (low > 0 && isBelow(matrix, low)) {
    high = low;
    low /= 16;
  }
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (isBelow(matrix, middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Whether an eigenvalue is below a number: a pivot of what the matrix exceeds it by is not positive then. */
function isBelow({ diagonal, below }: BlockTridiagonal, number: number): boolean {
  let lower: Rows = [];
  for (const [k, block] of diagonal.entries()) {
    const rows = block.map((row, r) => row.map((value, c) => (r === c ? value - number : value)));
    if (k > 0) {
      // The rows of the block below the diagonal, divided by the factor before.
      const across = below[k - 1].map((row) => solvedLower(lower, row));
      for (const [r, row] of rows.entries()) {
        for (let c = 0; c <= r; c++) for (const [i, value] of across[r].entries()) row[c] -= value * across[c][i];
      }
    }
    const { factor, flat } = smallCholesky(rows);
    if (flat !== undefined) return true;
    lower = factor;
  }
  return false;
}

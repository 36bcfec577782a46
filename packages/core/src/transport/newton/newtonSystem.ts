import type { StoredPairs } from './pairs.js';

/**
 * The matrix of Newton's method for the dual in g, f being eliminated: S = diag(column) - P' diag(1 / row) P, which is -eps
 * times the Hessian. It is the Schur complement of the Laplacian of the graph whose edges are the plan's entries.
 */
export interface NewtonSystem {
  readonly pairs: StoredPairs;
  /** The plan's entry of each pair. */
  readonly plan: Float64Array;
  /** r (1 + eps / rho_x), [N]. */
  readonly row: Float64Array;
  /** c + (eps / rho_y) t, [M]. */
  readonly column: Float64Array;
  /** How much of `row` and `column` goes to the ground: (eps / rho) r and (eps / rho) t, 0 where balanced. */
  readonly rowGround: Float64Array;
  readonly columnGround: Float64Array;
}

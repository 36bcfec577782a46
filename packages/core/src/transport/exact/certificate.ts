/** What proves that a plan is optimal: no plan costs less than `dual` minus the mass times `infeasibility`. */
export interface Certificate {
  /** sum_ij pi_ij C_ij, of the plan as it is returned. */
  readonly primal: number;
  /** <a, f> + <b, g>, of the potentials as they are returned. */
  readonly dual: number;
  /** primal - dual + mass * infeasibility: the plan costs at most so much more than the cheapest one, but for rounding. */
  readonly gap: number;
  /** The most by which f_i + g_j is above C_ij; 0 where it nowhere is. */
  readonly infeasibility: number;
}

/**
 * What potentials prove of a plan: by the smallest constant that makes them feasible, weak duality bounds every plan's cost from below.
 *
 * @param costs - [N, M], row by row.
 */
export function certify(
  primal: number,
  a: Float64Array,
  b: Float64Array,
  f: Float64Array,
  g: Float64Array,
  costs: Float64Array,
): Certificate {
  let [dual, infeasibility, mass] = [0, 0, 0];
  for (let row = 0; row < a.length; row++) {
    dual += a[row] * f[row];
    mass += a[row];
    const base = row * b.length;
    for (let column = 0; column < b.length; column++) {
      const excess = f[row] + g[column] - costs[base + column];
      if (excess > infeasibility) infeasibility = excess;
    }
  }
  for (let column = 0; column < b.length; column++) dual += b[column] * g[column];
  return { primal, dual, gap: primal - dual + mass * infeasibility, infeasibility };
}

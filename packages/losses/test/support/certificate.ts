/** The largest cost a plan may have, and why a plan and potentials are optimal: what holds for them proves it, whoever found them. */
export interface Certificate {
  /** <plan, C>, over the pairs. */
  readonly primal: number;
  /** <a, f> + <b, g>. */
  readonly dual: number;
  /** The most by which a marginal of the plan is off. */
  readonly marginal: number;
  /** The most by which f_i + g_j is above C_ij, between points that have weight. */
  readonly infeasible: number;
}

interface Solved {
  readonly plan: { readonly i: Uint32Array; readonly j: Uint32Array; readonly mass: Float64Array };
  readonly potentials: { readonly f_ba: Float64Array; readonly g_ab: Float64Array };
}

export function certificate(
  { plan, potentials: { f_ba, g_ab } }: Solved,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  cost: (i: number, j: number) => number,
): Certificate {
  const [rows, columns] = [Array.from(a), Array.from(b)];
  let primal = 0;
  plan.mass.forEach((mass, k) => {
    primal += mass * cost(plan.i[k], plan.j[k]);
    rows[plan.i[k]] -= mass;
    columns[plan.j[k]] -= mass;
    if (!(mass >= 0)) primal = Number.NaN;
  });
  let [dual, infeasible] = [0, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < a.length; i++) dual += a[i] * f_ba[i];
  for (let j = 0; j < b.length; j++) dual += b[j] * g_ab[j];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      if (a[i] > 0 && b[j] > 0) infeasible = Math.max(infeasible, f_ba[i] + g_ab[j] - cost(i, j));
    }
  }
  return { primal, dual, infeasible, marginal: Math.max(...[...rows, ...columns].map(Math.abs)) };
}

/** A potential at the entries of a coreset, and where it is known its gradient there, [n, D]. */
export interface Field {
  readonly values: Float64Array;
  readonly gradients?: Float64Array;
}

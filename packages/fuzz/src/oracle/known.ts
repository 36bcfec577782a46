/** An array with how far it may be from the truth, as 2-norms. */
export interface Known {
  readonly values: Float64Array;
  readonly error: number;
}

/** What potentials lack, as a change by one sweep tells it where it is known how slowly parts of it go on. */
export interface SlowSteps {
  /** The Euclidean norm over all points. */
  readonly potentials: number;
  /** [B]: the sum of mass times change times what that comes to. */
  readonly squares: Float64Array;
  /** How many times a sweep's change the slowest part lacks. */
  readonly furthest: number;
}

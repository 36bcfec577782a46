export interface LineOptions {
  /** The exponent of the cost |x - y|^p / p, 1 or more. */
  readonly p: number;
  /** The length of the circle that coordinates go around; absent on a line. */
  readonly period?: number;
}

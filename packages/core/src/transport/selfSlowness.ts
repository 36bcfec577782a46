/** Updates that tell how slow they are, at most. Raising it tells more surely, of a slow end later. Chosen, not measured. */
const RECENT_UPDATES = 4;

/**
 * How many times what a last update would change at the most a self potential still lacks: 1 or more. Where exp(-C / eps) is no positive kernel the
 * eigenvalues of what is left come near 0, and averaged updates leave 1 - factor times the least one of an error.
 *
 * @param errors - Those before each update.
 * @param factor - How far updates go.
 */
export function selfSlowness(errors: readonly number[], factor: number): number {
  const last = errors.length - 1;
  const recent = Math.min(RECENT_UPDATES, last);
  if (recent < 1 || errors[last] === 0) return 1;
  const rate = (errors[last] / errors[last - recent]) ** (1 / recent);
  // Where rounding is all that is left nothing is told.
  return rate < 1 ? Math.max(1, factor / (1 - rate)) : 1;
}

/** Steps of conjugate gradients: how far each went, and what of the last direction each kept. */
export interface GradientSteps {
  readonly lengths: readonly number[];
  readonly kept: readonly number[];
}

/** Halvings of an interval that holds the value: as many digits as float64 has. */
const HALVINGS = 60;

/**
 * The smallest eigenvalue of the operator on the space that conjugate gradients went through (Golub and Van Loan 2013, section 11.3): that
 * of the tridiagonal matrix of Lanczos, which their steps tell. It is never below the operator's own. Infinity where there was no step.
 */
export function smallestRitzValue({ lengths, kept }: GradientSteps): number {
  const size = lengths.length;
  if (size === 0) return Number.POSITIVE_INFINITY;
  const diagonal = lengths.map((length, k) => 1 / length + (k > 0 ? kept[k - 1] / lengths[k - 1] : 0));
  const squares = lengths.map((length, k) => kept[k] / length ** 2);
  /** Whether an eigenvalue is below a number: Sturm's sequence changes its sign. */
  const isBelow = (number: number): boolean => {
    let pivot = diagonal[0] - number;
    for (let k = 1; k < size && pivot > 0; k++) pivot = diagonal[k] - number - squares[k - 1] / pivot;
    return !(pivot > 0);
  };
  // All are above 0, and the smallest is at most the smallest on the diagonal.
  let [low, high] = [0, Math.min(...diagonal)];
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** How far a value and its gradients may be from the truth, relative to the value and to the Euclidean norms of the gradients. */
export interface SolveErrors {
  readonly value: number;
  /** Of the gradient in the points. */
  readonly gradient: number;
  /**
   * Of the gradient in the weights, which is the potential: between parts of the measures that hardly exchange mass it is hardly
   * determined, and has an error then that no other result has.
   */
  readonly weights: number;
  /** The size below which a value counts as this large, in units of the cost: a share of the largest cost times the mass. */
  readonly floor: number;
}

/** Sizes are taken to be at least this share of the largest one there could be: nearer to 0 float64 has few digits left. */
export const FLOOR = 1e-10;

/** An error relative to a size, or to what it is taken to be at least. */
export const relativeError = (error: number, size: number, floor: number): number =>
  error === 0 ? 0 : error / Math.max(Math.abs(size), floor, Number.MIN_VALUE);

/** The largest of several errors. */
export const worstErrors = (all: readonly SolveErrors[]): SolveErrors => ({
  value: Math.max(...all.map(({ value }) => value)),
  gradient: Math.max(...all.map(({ gradient }) => gradient)),
  weights: Math.max(...all.map(({ weights }) => weights)),
  floor: Math.max(...all.map(({ floor }) => floor)),
});

/** A divergence of a measure from itself is 0 to the last bit, and so are its gradients. */
export const errorsOfNothing = ({ floor }: SolveErrors): SolveErrors => ({ value: 0, gradient: 0, weights: 0, floor });

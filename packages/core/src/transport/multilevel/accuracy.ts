/** How finely clouds are represented for a relative accuracy. */
export interface Fineness {
  /** Width of the widest cell against the length scale of the temperature. */
  readonly ratio: number;
  /** The share of a row's softmin below which a node is dropped. */
  readonly threshold: number;
  /** How far off a potential's gradient may be where it is interpolated, against the length scale of the temperature. */
  readonly interpolationTolerance: number;
}

/** Errors of coresets go as the third power of the cells' width, or faster; found with the benchmark of multiscale errors. */
export const finenessFor = (accuracy: number, p: number): Fineness => ({
  ratio: Math.min(LARGEST_RATIO, (p === 1 ? 0.5 : 0.7) * (accuracy / 1e-3) ** (1 / 3)),
  // Exponentials of distances have long tails, which many nodes share.
  threshold: accuracy / (p === 1 ? 30 : 3),
  interpolationTolerance: 5 * accuracy,
});

/**
 * The widest cell against the length scale of the temperature, however little accuracy is asked for: beyond it errors no longer go as the
 * third power. Found with the benchmark "Many points, against all pairs".
 */
const LARGEST_RATIO = 1.4;

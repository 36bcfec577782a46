/** Tells which nodes of the columns count for the softmins in a node of the rows. */
export interface AdmissibilityTest {
  readonly epsilon: number;
  /** Keeps, of some candidates, those that count for a node of the rows; gives how many, and adds the others to `dropped`. */
  keep(node: number, from: Uint32Array, length: number, into: Uint32Array): number;
  /** About the share of the softmins that was dropped since this was set to 0. */
  dropped: number;
}

/**
 * Shares of a softmin below exp of this are not worth an exponential: 0.7 % each, which makes the bound on what is skipped safer, never
 * wrong. Raising it keeps a few more nodes. Chosen, not measured.
 */
export const LEAST_LOG_SHARE = -5;
/**
 * Steps of a factor e in a table of the shares that nodes are skipped with, so that none takes an exponential. Raising it makes the table
 * finer; shares are rounded up, by e^(1/4) at most.
 */
export const STEPS = 4;
/** In these steps, where the table ends: below e^-30, which no sum of them notices. */
export const LOWEST_STEP = 30 * STEPS;
export const SHARES: Float64Array = Float64Array.from({ length: LOWEST_STEP + 1 }, (_, k) =>
  Math.exp((k - LOWEST_STEP) / STEPS),
);

/**
 * A node that contributes too little to most points of a leaf is kept all the same where it may make up this share of the softmin at one
 * of them: a few points whose mass goes to places far apart can hold most of a gradient's error. Raising it skips more of these nodes:
 * without this rule one point in 10,000 held 98 % of a gradient's error.
 */
export const LARGE_LOG_SHARE = Math.log(0.1);

/**
 * In temperatures, how much the upper value of a node of the columns is taken to be too high there, at the most. Raising it skips more
 * nodes, on less certain grounds. Chosen, not measured.
 */
const LARGEST_GAP = 8;

/** What a node of the columns contributes to a point above its lower value, given what its upper one has in excess of that. */
export const contributionOf = (excess: number, epsilon: number): number =>
  excess - Math.min(excess / 2, LARGEST_GAP * epsilon);

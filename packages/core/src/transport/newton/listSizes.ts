/** Pairs that are all kept in memory, a number: 5 MB. Raising it takes memory, and saves scans of pairs anew. Chosen, not measured. */
export const COMPLETE_PAIRS = 1 << 18;
/**
 * Of all pairs the share that a list may hold: a longer one saves nothing. Raising it keeps lists that are hardly faster than all pairs.
 * Chosen, not measured.
 */
export const MOST_OF_PAIRS = 0.4;
/**
 * In temperatures, how much wider a list is than it has to be, so that it serves a while. Raising it makes lists longer and fewer.
 * Chosen, not measured.
 */
export const MARGIN = 4;
/** Pairs up to which a list may hold them all, a number: 20 MB. */
export const SHORT_LIST = 1 << 20;
/** Pairs of a list at most, a number: 20 bytes each, and as many again while it is narrowed. */
const MOST_PAIRS = 1 << 22;
/**
 * Slack in temperatures that lists are narrowed to: e^-45 is 3e-20, and less than float64's last digit for thousands of pairs together.
 */
export const NARROW = 45;

/** How many pairs a list may hold. */
export const mostListed = (rows: number, columns: number): number =>
  Math.min(MOST_PAIRS, Math.max(SHORT_LIST, MOST_OF_PAIRS * rows * columns));

/** All pairs outside of a list weigh exp(-K) of a row at most: K for a marginal error. */
export const neededRoom = (target: number): number => Math.log(1 / target) + 5;

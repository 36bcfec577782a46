/** Pairs between two places where a task can be interrupted: some 15 ms for costs of a formula. Raising it makes an abort wait longer. */
export const PAIRS_AT_ONCE = 2 ** 16;

/** Rows of so many pairs each that are computed at once. */
export const rowsAtOnce = (pairs: number): number => Math.max(1, Math.floor(PAIRS_AT_ONCE / pairs));

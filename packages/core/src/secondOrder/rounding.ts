/** What rounding leaves of sums, relative: entries of a plan are off by some hundred to some thousand roundings. Chosen, not measured. */
export const ROUNDING = { float32: 1e-6, float64: 1e-12 };

/** What one operation rounds off, relative. */
export const ROUNDOFF = { float32: 2 ** -24, float64: 2 ** -53 };

/** The last digit of a number, relative to it. */
export const LAST_DIGIT = { float32: 2 ** -24, float64: 2 ** -53 };

/** How many of them the roundings of a pass come to. Raising it makes estimates safer and larger. Chosen; `pnpm fuzz` judges it. */
export const ROUNDINGS = 12;

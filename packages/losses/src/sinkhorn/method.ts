/** How transport is solved: by rule, by sweeps, or by Newton's method. */
export type Method = 'auto' | 'alternating' | 'newton';

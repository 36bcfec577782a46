/** The dimension of every cloud here. */
export const DIMENSION = 3;

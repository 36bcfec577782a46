/** The dimension of the clouds here, where nothing else is asked for. */
export const DIMENSION = 3;

/** A number, a vector, or a matrix as a list of rows. */
export type ParameterValue = number | ArrayLike<number> | readonly ArrayLike<number>[];

/** Numbers that a formula reads by name. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

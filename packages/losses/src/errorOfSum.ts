/** Numbers that are added up, and how far off they are, relative to their norm. */
export interface Addend {
  readonly values: ArrayLike<number>;
  readonly error: number;
}

/** The error of a sum relative to its norm, which may be far below those of what is added up; the largest of theirs where nothing is left. */
export function errorOfSum(addends: readonly Addend[], sum: ArrayLike<number>): number {
  const off = addends.reduce((total, { values, error }) => total + error * norm(values), 0);
  const left = norm(sum);
  return left > 0 ? Math.min(1, off / left) : addends.reduce((most, { error }) => Math.max(most, error), 0);
}

function norm(values: ArrayLike<number>): number {
  let squares = 0;
  for (let k = 0; k < values.length; k++) squares += values[k] ** 2;
  return Math.sqrt(squares);
}

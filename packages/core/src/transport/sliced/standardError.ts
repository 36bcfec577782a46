/** The standard error of the mean of values that come in independent blocks; Infinity for a single value, of which nothing is known. */
export function standardError(values: ArrayLike<number>, block: number): number {
  const count = values.length;
  if (count < 2) return Number.POSITIVE_INFINITY;
  const blocks = Math.floor(count / block);
  // Too few blocks to compare: taken one by one values vary more, which is on the safe side.
  const size = blocks < 2 ? 1 : block;
  const means = Array.from({ length: Math.floor(count / size) }, (_, k) => {
    let sum = 0;
    for (let l = k * size; l < (k + 1) * size; l++) sum += values[l];
    return sum / size;
  });
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  const squares = means.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (means.length - 1) / (count / size));
}

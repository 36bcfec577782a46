/** The norm of the difference from the truth, over that of the truth. */
export function relativeError(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < truth.length; i++) {
    error += (values[i] - truth[i]) ** 2;
    size += truth[i] ** 2;
  }
  return Math.sqrt(error / size);
}

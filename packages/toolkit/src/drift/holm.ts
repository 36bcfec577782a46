/**
 * p-values of several tests, adjusted so that the chance of any wrong finding is at most the level (Holm, "A simple sequentially
 * rejective multiple test procedure", 1979): the k-th smallest of n times n - k + 1, never below the one before it, at most 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((i, j) => pValues[i] - pValues[j]);
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  order.forEach((index, k) => {
    least = Math.max(least, Math.min(1, (pValues.length - k) * pValues[index]));
    adjusted[index] = least;
  });
  return adjusted;
}

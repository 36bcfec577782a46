import { InvalidMeasureError } from '@sinkhorn/core';

/** Sums of the squares of larger numbers leave the range of float64, and those of its inverse: it ends at 1.8e308 and at 5e-324. */
const LARGEST = 1e150;

/**
 * Refuses numbers whose squares no statistic can be made of: means and deviations would come out as infinite, and what is divided by them as 0.
 *
 * @throws InvalidMeasureError with the number, where it stands, and the remedy.
 */
export function checkRange(name: string, numbers: ArrayLike<number>): void {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let k = 0; k < numbers.length; k++) {
    if (numbers[k] < low) low = numbers[k];
    if (numbers[k] > high) high = numbers[k];
    if (!(Math.abs(numbers[k]) > LARGEST)) continue;
    throw new InvalidMeasureError(
      `${name} holds ${numbers[k]}: squares of such numbers exceed the range of numbers; rescale them to about 1`,
    );
  }
  if (high > low && high - low < 1 / LARGEST) {
    throw new InvalidMeasureError(
      `${name} holds numbers within ${high - low} of each other: squares of so little are below the range of numbers; rescale them to about 1`,
    );
  }
}

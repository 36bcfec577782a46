import { InputError } from '../inputError.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { formatNumber } from '../writers/numbers.js';

/**
 * Refuses results that are no numbers: nothing of them may be printed or written as if it were an answer.
 *
 * @throws InputError naming the result, and the size of the coordinates, which is nearly always why.
 */
export function requireFinite(
  clouds: readonly PointCloud[],
  backend: string,
  results: Readonly<Record<string, number | ArrayLike<number> | undefined>>,
): void {
  for (const [name, result] of Object.entries(results)) {
    if (result === undefined) continue;
    const bad = typeof result === 'number' ? result : firstBad(result);
    if (bad === undefined || Number.isFinite(bad)) continue;
    throw new InputError(
      `the ${name} came out as ${bad} on ${backend}: the coordinates reach ${formatNumber(largest(clouds))}; scale them to about 1, take a larger --blur, or --backend cpu, which has more digits`,
    );
  }
}

/** Lengths that are less have squares of few digits, or none: float64 ends at 5e-324. */
const leastLength = 1e-150;

/**
 * Refuses coordinates so far apart, or so close to each other, that no squared distance between them can be computed.
 *
 * @throws InputError with the size of the largest, or of all of them.
 */
export function requireDiameter(clouds: readonly PointCloud[], diameter: number): number {
  if (diameter > 0 && diameter < leastLength) {
    throw new InputError(
      `all points are within ${formatNumber(diameter)} of each other: their squared distances are below 64-bit numbers; scale them to about 1`,
    );
  }
  if (Number.isFinite(diameter ** 2)) return diameter;
  throw new InputError(
    `the coordinates reach ${formatNumber(largest(clouds))}: their squared distances are beyond 64-bit numbers; scale them to about 1`,
  );
}

function firstBad(values: ArrayLike<number>): number | undefined {
  for (let k = 0; k < values.length; k++) if (!Number.isFinite(values[k])) return values[k];
  return undefined;
}

function largest(clouds: readonly PointCloud[]): number {
  let most = 0;
  for (const { points } of clouds) for (const value of points) most = Math.max(most, Math.abs(value));
  return most;
}

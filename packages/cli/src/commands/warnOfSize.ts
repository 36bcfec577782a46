import type { PointCloud } from '../readers/pointCloud.js';
import { formatNumber } from '../writers/numbers.js';

/** Above so many pairs of points the passes take minutes on a fast CPU, and far longer on the reference backend. */
const manyPairs = 2e10;

/** Warns before a large problem: during a pass the command shows no progress and does not notice Ctrl-C. */
export function warnOfSize(a: PointCloud, b: PointCloud, note: (text: string) => void): void {
  const pairs = a.count * a.count + a.count * b.count + b.count * b.count;
  if (pairs < manyPairs) return;
  note(
    `each pass takes ${formatNumber(pairs, 2)} pairs of points; this may be long, and an interrupt is noticed only between passes`,
  );
}

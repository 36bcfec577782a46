import { InputError } from './inputError.js';
import { inTurns } from './readers/inTurns.js';
import { listNames } from './readers/listNames.js';
import type { PointCloud } from './readers/pointCloud.js';

/** Deviations that differ by more than this leave the column of the smaller one without a say. */
const MOST = 10;

/** Columns that spread less have deviations of few digits, or none: the squares of float64 end at 5e-324. */
const leastSpread = 1e-150;

/** The mean and deviation of each column of a cloud, by its weights. */
async function columnScales(
  { points, dimension, count, weights }: PointCloud,
  signal: AbortSignal | undefined,
): Promise<{ mean: Float64Array; deviation: Float64Array; isLost: (d: number) => boolean }> {
  const total = weights ? weights.reduce((sum, weight) => sum + weight, 0) : count;
  const shareAt = (row: number) => (weights ? weights[row] : 1) / total;
  const mean = new Float64Array(dimension);
  const low = new Float64Array(dimension).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(dimension).fill(Number.NEGATIVE_INFINITY);
  await inTurns(count, signal, (row) => {
    const share = shareAt(row);
    for (let d = 0; d < dimension; d++) {
      const value = points[row * dimension + d];
      mean[d] += share * value;
      if (value < low[d]) low[d] = value;
      if (value > high[d]) high[d] = value;
    }
  });
  const variance = new Float64Array(dimension);
  await inTurns(count, signal, (row) => {
    const share = shareAt(row);
    for (let d = 0; d < dimension; d++) variance[d] += share * (points[row * dimension + d] - mean[d]) ** 2;
  });
  return {
    mean,
    deviation: variance.map((value, d) => (value > 1e-24 * mean[d] ** 2 ? Math.sqrt(value) : 0)),
    // Squares of such numbers leave the range of float64, at either end.
    isLost: (d) => high[d] > low[d] && !(high[d] - low[d] > leastSpread && Number.isFinite(variance[d])),
  };
}

/**
 * Both clouds in deviations from A's mean, column by column; a column that is the same throughout A keeps its unit.
 *
 * @throws InputError where numbers are so large or so small that 64 bits do not hold their squares.
 */
export async function standardized(
  a: PointCloud,
  b: PointCloud,
  signal?: AbortSignal,
): Promise<[PointCloud, PointCloud]> {
  const { mean, deviation, isLost } = await columnScales(a, signal);
  const lost = a.columns.filter((_, d) => isLost(d));
  if (lost.length > 0)
    throw new InputError(
      `${a.file}: the deviation of ${listNames(lost)} is beyond 64-bit numbers; scale its numbers to about 1`,
    );
  const scaled = async (cloud: PointCloud): Promise<PointCloud> => {
    const points = new Float64Array(cloud.points.length);
    await inTurns(cloud.count, signal, (row) => {
      for (let d = 0, k = row * a.dimension; d < a.dimension; d++, k++) {
        points[k] = (cloud.points[k] - mean[d]) / (deviation[d] || 1);
      }
    });
    return { ...cloud, points };
  };
  return [await scaled(a), await scaled(b)];
}

/** What to say where the columns of a cloud have scales that differ by more than ten; undefined where they do not. */
export async function scalesNote(a: PointCloud, signal?: AbortSignal): Promise<string | undefined> {
  const { deviation } = await columnScales(a, signal);
  const known = Array.from(deviation.keys()).filter((d) => deviation[d] > 0);
  if (known.length < 2) return undefined;
  const least = known.reduce((one, d) => (deviation[d] < deviation[one] ? d : one));
  const most = known.reduce((one, d) => (deviation[d] > deviation[one] ? d : one));
  const ratio = deviation[most] / deviation[least];
  if (!(ratio > MOST)) return undefined;
  const times = ratio < 1e4 ? Math.round(ratio).toLocaleString('en') : ratio.toExponential(0).replace('e+', 'e');
  return `column "${a.columns[most]}" varies ${times} times as much as "${a.columns[least]}", which hardly counts; say --standardize where their units differ`;
}

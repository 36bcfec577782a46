import type { PointCloud } from './readers/pointCloud.js';

/** Deviations that differ by more than this leave the column of the smaller one without a say. */
const MOST = 10;

/** The mean and deviation of each column of a cloud, by its weights. */
function columnScales({ points, dimension, count, weights }: PointCloud): {
  mean: Float64Array;
  deviation: Float64Array;
} {
  const total = weights ? weights.reduce((sum, weight) => sum + weight, 0) : count;
  const shareAt = (k: number) => (weights ? weights[Math.floor(k / dimension)] : 1) / total;
  const mean = new Float64Array(dimension);
  points.forEach((value, k) => {
    mean[k % dimension] += shareAt(k) * value;
  });
  const variance = new Float64Array(dimension);
  points.forEach((value, k) => {
    variance[k % dimension] += shareAt(k) * (value - mean[k % dimension]) ** 2;
  });
  return { mean, deviation: variance.map((value, d) => (value > 1e-24 * mean[d] ** 2 ? Math.sqrt(value) : 0)) };
}

/** Both clouds in deviations from A's mean, column by column; a column that is the same throughout A keeps its unit. */
export function standardized(a: PointCloud, b: PointCloud): [PointCloud, PointCloud] {
  const { mean, deviation } = columnScales(a);
  const scaled = (cloud: PointCloud): PointCloud => ({
    ...cloud,
    points: cloud.points.map((value, k) => (value - mean[k % a.dimension]) / (deviation[k % a.dimension] || 1)),
  });
  return [scaled(a), scaled(b)];
}

/** What to say where the columns of a cloud have scales that differ by more than ten; undefined where they do not. */
export function scalesNote(a: PointCloud): string | undefined {
  const { deviation } = columnScales(a);
  const known = Array.from(deviation.keys()).filter((d) => deviation[d] > 0);
  if (known.length < 2) return undefined;
  const least = known.reduce((one, d) => (deviation[d] < deviation[one] ? d : one));
  const most = known.reduce((one, d) => (deviation[d] > deviation[one] ? d : one));
  const ratio = deviation[most] / deviation[least];
  if (!(ratio > MOST)) return undefined;
  const times = ratio < 1e4 ? Math.round(ratio).toLocaleString('en') : ratio.toExponential(0).replace('e+', 'e');
  return `column "${a.columns[most]}" varies ${times} times as much as "${a.columns[least]}", which hardly counts; say --standardize where their units differ`;
}

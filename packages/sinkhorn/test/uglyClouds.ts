import { type Cloud, cube } from './clouds.js';

/** A cloud with weights. */
export interface Weighted extends Cloud {
  readonly weights: Float64Array;
}

export const evenly = ({ points, dimension }: Cloud): Weighted => {
  const count = points.length / dimension;
  return { points, dimension, weights: new Float64Array(count).fill(1 / count) };
};

/** Points of each: more pairs than are summed in float64 at once. */
export const COUNT = 330;

/** Clouds with each point changed. */
const changed = (
  dimension: number,
  seed: number,
  change: (value: number, index: number, all: Float64Array) => number,
) => evenly({ points: cube(COUNT, dimension, seed).points.map(change), dimension });

/** Weights over 12 orders, in order of the points. */
function overOrders(cloud: Weighted): Weighted {
  const raw = cloud.weights.map((_, k) => 10 ** ((-12 * k) / COUNT));
  const total = raw.reduce((sum, weight) => sum + weight);
  return { ...cloud, weights: raw.map((weight) => weight / total) };
}

const same = (value: number) => value;

/** Pairs of clouds that numbers have a hard time with. */
export const clouds: Readonly<Record<string, () => readonly [Weighted, Weighted]>> = {
  'lines that cross': () => [
    changed(3, 1, (_, k, all) => all[k - (k % 3)]),
    changed(3, 2, (_, k, all) => [all[k - (k % 3)], 1 - all[k - (k % 3)], 0.5][k % 3]),
  ],
  clusters: () => [
    changed(2, 1, (value, k) => (Math.floor(k / 2) % 5) + 1e-3 * value),
    changed(2, 2, (value, k) => (Math.floor(k / 2) % 3) + 1e-3 * value),
  ],
  'outliers at 1e6': () => [
    changed(2, 1, (value, k) => (k % 200 < 2 ? 1e6 * value : value)),
    changed(2, 2, (value, k) => (k % 200 < 2 ? 1e6 * value : value + 0.5)),
  ],
  'nearly equal': () => {
    const noise = cube(COUNT, 2, 3).points;
    return [changed(2, 1, same), changed(2, 1, (value, k) => value + 1e-6 * noise[k])];
  },
  duplicates: () => [
    changed(2, 1, (value) => Math.floor(6 * value)),
    changed(2, 2, (value) => Math.floor(6 * value) + 0.5),
  ],
  'float32 points far from 0': () => [
    evenly({ points: Float64Array.from(Float32Array.from(changed(3, 1, (v) => v + 1000).points)), dimension: 3 }),
    evenly({ points: Float64Array.from(Float32Array.from(changed(3, 2, (v) => v + 1000.2).points)), dimension: 3 }),
  ],
  'draws of one law': () => [changed(3, 1, same), changed(3, 2, same)],
  'weights over 12 orders': () => [overOrders(changed(3, 1, same)), overOrders(changed(3, 2, (v) => v / 2))],
};

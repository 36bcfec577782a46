import { normalDraw, uniformDraw } from './counterDraws.js';

/** Clouds of few dimensions of their own in spaces of more. */
export const flatClouds = {
  /** A torus turned by angles of its own about each pair of axes, spread by .01. */
  'tori, turned': (n: number, dimension: number, stream: number): Float64Array => {
    const points = new Float64Array(n * dimension);
    for (let k = 0; k < n; k++) {
      const point = points.subarray(k * dimension, (k + 1) * dimension);
      const [around, across] = [0, 1].map((axis) => 2 * Math.PI * uniformDraw(stream, 2 * k + axis));
      const radius = 0.35 + 0.15 * Math.cos(across);
      point.set([radius * Math.cos(around), radius * Math.sin(around), 0.15 * Math.sin(across)]);
      for (let c = 0; c < dimension; c++) point[c] += 0.01 * normalDraw(stream + 1000, k * dimension + c);
      for (let a = 0; a < dimension; a++) for (let b = 0; b < a; b++) turn(point, a, b, 1 + a + 2 * b + stream / 2);
    }
    return points;
  },
  /** Scores of a principal component analysis: normal, with deviations that fall as 1 over the component. */
  'principal components': (n: number, dimension: number, stream: number): Float64Array =>
    Float64Array.from({ length: n * dimension }, (_, k) => {
      return (0.3 / (1 + (k % dimension))) * normalDraw(stream, k) + (k % dimension === 0 ? 0.1 * stream : 0);
    }),
} as const;

export type FlatCloud = keyof typeof flatClouds;

function turn(point: Float64Array, a: number, b: number, angle: number): void {
  const [u, v] = [point[a], point[b]];
  point[a] = u * Math.cos(angle) - v * Math.sin(angle);
  point[b] = u * Math.sin(angle) + v * Math.cos(angle);
}

import { uniformDraw } from './counterDraws.js';

/** Uniform points of a cube, moved along its first axis, with unequal weights of sum 1. */
export function counterCloud(stream: number, count: number, dimension: number, shift = 0) {
  const points = Float64Array.from(
    { length: count * dimension },
    (_, k) => uniformDraw(stream, k) + (k % dimension === 0 ? shift : 0),
  );
  const raw = Float64Array.from({ length: count }, (_, k) => 0.5 + uniformDraw(stream + 100, k));
  const mass = raw.reduce((sum, weight) => sum + weight, 0);
  return { points, dimension, weights: raw.map((weight) => weight / mass) };
}

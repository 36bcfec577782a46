import { type CheckedMeasure, finiteNumbers, type HostGradient, InvalidMeasureError } from '@sinkhorn/core';

/** Points [.., D] with more coordinates behind theirs, [.., D + K]: those of every point, or the same ones for all. */
export function widened(points: ArrayLike<number>, dimension: number, more: ArrayLike<number>): Float64Array {
  const count = points.length / dimension;
  const width = dimension + more.length;
  const all = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < dimension; d++) all[i * width + d] = points[i * dimension + d];
    all.set(more, i * width + dimension);
  }
  return all;
}

/** Points [.., D + K] without the coordinates behind the first D. */
export function narrowed(points: ArrayLike<number>, dimension: number, size: number): Float64Array {
  const width = dimension + size;
  const all = new Float64Array((points.length / width) * dimension);
  for (let k = 0; k < all.length; k++) all[k] = points[Math.floor(k / dimension) * width + (k % dimension)];
  return all;
}

/** Half of the sum over points of the coordinates behind the first D: gradients in parameters, [groups, K], of `count` points each. */
export function gathered(points: ArrayLike<number>, dimension: number, size: number, count: number): Float64Array {
  const width = dimension + size;
  const all = new Float64Array((points.length / width / count) * size);
  for (let i = 0; i * width < points.length; i++) {
    const group = Math.floor(i / count);
    for (let k = 0; k < size; k++) all[group * size + k] += points[i * width + dimension + k] / 2;
  }
  return all;
}

/** A measure whose points carry half of each parameter. In float64: parameters are not rounded where points are. */
export function lifted(
  { grid, spanning, reweighted, ...measure }: CheckedMeasure,
  parameters: Float64Array,
): CheckedMeasure {
  const { points, dimension } = measure;
  const halves = parameters.map((value) => value / 2);
  return { ...measure, points: widened(points, dimension, halves), dimension: dimension + parameters.length };
}

/** The gradient in a measure as it was given. */
export const lowered = (gradient: HostGradient, { dimension }: CheckedMeasure, size: number): HostGradient => ({
  points: narrowed(gradient.points, dimension, size),
  weights: gradient.weights,
});

/** Several vectors of one length, one after the other. @throws InvalidMeasureError where they are not whole, or not finite. */
export function countOf(name: string, values: ArrayLike<number>, length: number): number {
  const count = finiteNumbers(name, values).length / length;
  if (count >= 1 && Number.isInteger(count)) return count;
  throw new InvalidMeasureError(
    `${name} has ${values.length} numbers: give ${length}, or as many for each of several directions`,
  );
}

import { cube } from '../clouds/cube.js';
import { sphere } from '../clouds/sphere.js';

/** What a kernel is computed from, in float64: two flat clouds and a number for each point of y. */
export interface KernelInput {
  readonly n: number;
  readonly dimension: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly weights: Float64Array;
  readonly logWeights: Float64Array;
  /** Far from constant. */
  readonly potential: Float64Array;
  readonly blur: number;
  /** About the softmin of the potential at each point of x, as a solver knows it from the step before. */
  readonly guess: Float64Array;
}

/** A sphere and a cube of `n` points each; the blur of .05 grows above three dimensions as distances do. */
export function kernelInput(dimension: number, n: number): KernelInput {
  const x = Float64Array.from(sphere(n, 0, dimension));
  const y = Float64Array.from(cube(n, 1, dimension));
  return {
    n,
    dimension,
    x,
    y,
    weights: new Float64Array(n).fill(1 / n),
    logWeights: new Float64Array(n).fill(-Math.log(n)),
    potential: Float64Array.from({ length: n }, (_, j) => y[dimension * j] ** 2 / 10),
    blur: 0.05 * Math.sqrt(Math.max(1, dimension / 3)),
    guess: Float64Array.from({ length: n }, (_, i) => transformAt(x[dimension * i])),
  };
}

/** The least (u - t)^2 / 2 - t^2 / 10 for t in [0, 1]: the softmin of the potential at u as the blur goes to 0. */
function transformAt(u: number): number {
  const t = Math.min(1, u / 0.8);
  return (u - t) ** 2 / 2 - t ** 2 / 10;
}

/** The first rows alone, against all columns. */
export const firstRows = (input: KernelInput, rows: number): KernelInput => ({
  ...input,
  x: input.x.subarray(0, rows * input.dimension),
  guess: input.guess.subarray(0, rows),
});

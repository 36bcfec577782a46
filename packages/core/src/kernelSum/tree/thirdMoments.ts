import type { Tree } from '../../spatial/tree.js';

/** The third moments of a measure about a point: xxx, yyy, zzz, xxy, xxz, xyy, yyz, xzz, yzz, xyz. */
export const THIRD_MOMENTS = 10;
/** How often each is in the tensor. */
const MULTIPLICITIES = [1, 1, 1, 3, 3, 3, 3, 3, 3, 6];

/** Adds the third moments of weighted points, [n, D], about the middle of a node's box to those at `at`. */
export function addThirdMoments(
  points: Float64Array,
  weights: Float64Array,
  start: number,
  end: number,
  { dimension, centres }: Tree,
  node: number,
  into: Float64Array,
  at: number,
): void {
  const middle = (c: number) => (c < dimension ? centres[node * dimension + c] : 0);
  const [x, y, z] = [middle(0), middle(1), middle(2)];
  let [xxx, yyy, zzz, xxy, xxz, xyy, yyz, xzz, yzz, xyz] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let place = start; place < end; place++) {
    const weight = weights[place];
    const u = points[place * dimension] - x;
    const v = dimension > 1 ? points[place * dimension + 1] - y : 0;
    const w = dimension > 2 ? points[place * dimension + 2] - z : 0;
    const uu = weight * u * u;
    const vv = weight * v * v;
    const ww = weight * w * w;
    xxx += uu * u;
    yyy += vv * v;
    zzz += ww * w;
    xxy += uu * v;
    xxz += uu * w;
    xyy += vv * u;
    yyz += vv * w;
    xzz += ww * u;
    yzz += ww * v;
    xyz += weight * u * v * w;
  }
  addTerms(into, at, [xxx, yyy, zzz, xxy, xxz, xyy, yyz, xzz, yzz, xyz]);
}

/** How far third moments are from others, in the norm over the tensor. */
export function thirdMomentsApart(one: Float64Array, from: number, other: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < THIRD_MOMENTS; k++) sum += MULTIPLICITIES[k] * (one[from + k] - other[k]) ** 2;
  return Math.sqrt(sum);
}

/** Adds ten numbers to those at a place. */
export function addTerms(into: Float64Array, at: number, terms: readonly number[]): void {
  for (let k = 0; k < THIRD_MOMENTS; k++) into[at + k] += terms[k];
}

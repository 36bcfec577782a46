import type { Tree } from '../../multiscale/tree.js';
import type { NodeMoments } from './nodeMoments.js';

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
  add(into, at, [xxx, yyy, zzz, xxy, xxz, xyy, yyz, xzz, yzz, xyz]);
}

/** Adds the third moments of a child's signed measure, about the middle of its own box, to its parent's about that of the parent's. */
export function shiftThirdMoments(
  { dimension, centres }: Tree,
  child: number,
  parent: number,
  positive: NodeMoments,
  negative: NodeMoments,
  third: Float64Array,
): void {
  const way = (c: number) => (c < dimension ? centres[child * dimension + c] - centres[parent * dimension + c] : 0);
  const [u, v, w] = [way(0), way(1), way(2)];
  const [p, n] = [positive.masses[child], negative.masses[child]];
  const mass = p - n;
  const first = (c: number) => p * positive.means[3 * child + c] - n * negative.means[3 * child + c];
  const [x, y, z] = [first(0), first(1), first(2)];
  const second = (k: number, a: number, b: number) =>
    secondOf(positive, child, k, a, b) - secondOf(negative, child, k, a, b);
  const [xx, yy, zz] = [second(0, 0, 0), second(1, 1, 1), second(2, 2, 2)];
  const [xy, xz, yz] = [second(3, 0, 1), second(4, 0, 2), second(5, 1, 2)];
  const from = THIRD_MOMENTS * child;
  add(third, THIRD_MOMENTS * parent, [
    third[from] + u * (3 * xx + u * (3 * x + u * mass)),
    third[from + 1] + v * (3 * yy + v * (3 * y + v * mass)),
    third[from + 2] + w * (3 * zz + w * (3 * z + w * mass)),
    third[from + 3] + 2 * u * xy + v * xx + u * (u * y + 2 * v * x + u * v * mass),
    third[from + 4] + 2 * u * xz + w * xx + u * (u * z + 2 * w * x + u * w * mass),
    third[from + 5] + 2 * v * xy + u * yy + v * (v * x + 2 * u * y + u * v * mass),
    third[from + 6] + 2 * v * yz + w * yy + v * (v * z + 2 * w * y + v * w * mass),
    third[from + 7] + 2 * w * xz + u * zz + w * (w * x + 2 * u * z + u * w * mass),
    third[from + 8] + 2 * w * yz + v * zz + w * (w * y + 2 * v * z + v * w * mass),
    third[from + 9] + u * yz + v * xz + w * xy + u * v * z + u * w * y + v * w * x + u * v * w * mass,
  ]);
}

/** How far third moments are from others, in the norm over the tensor. */
export function thirdMomentsApart(one: Float64Array, from: number, other: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < THIRD_MOMENTS; k++) sum += MULTIPLICITIES[k] * (one[from + k] - other[k]) ** 2;
  return Math.sqrt(sum);
}

/** A second moment about the middle of a node's box. */
const secondOf = ({ masses, means, covariances }: NodeMoments, node: number, k: number, a: number, b: number): number =>
  masses[node] * (covariances[6 * node + k] + means[3 * node + a] * means[3 * node + b]);

function add(into: Float64Array, at: number, terms: readonly number[]): void {
  for (let k = 0; k < THIRD_MOMENTS; k++) into[at + k] += terms[k];
}

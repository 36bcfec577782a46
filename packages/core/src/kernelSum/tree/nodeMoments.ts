import { NODES_BETWEEN_PAUSES, type Tree } from '../../spatial/tree.js';
import { pause, type Task } from '../../tasks/task.js';
import type { SignedCloud } from '../signedCloud.js';
import { addTerms, addThirdMoments, THIRD_MOMENTS } from './thirdMoments.js';

/** The moments of the points of one sign in each node of a tree, up to the second; axes beyond the dimension have zeros. */
export interface NodeMoments {
  /** [T]: of points with weight. */
  readonly counts: Uint32Array;
  /** [T] */
  readonly masses: Float64Array;
  /** [T, 3]: from the middle of the node's box. */
  readonly means: Float64Array;
  /** [T, 6]: xx, yy, zz, xy, xz, yz, over the mass. */
  readonly covariances: Float64Array;
}

export interface SignedMoments {
  /** Of the points of x, and of those of y. */
  readonly positive: NodeMoments;
  readonly negative: NodeMoments;
  /** [T, 10]: of the signed measure about the middle of the node's box. */
  readonly third: Float64Array;
}

const emptyMoments = (count: number): NodeMoments => ({
  counts: new Uint32Array(count),
  masses: new Float64Array(count),
  means: new Float64Array(3 * count),
  covariances: new Float64Array(6 * count),
});

/** The moments of all nodes: from those of points in leaves, and from those of children elsewhere (parallel axes). */
export function* signedMoments(signed: SignedCloud, tree: Tree): Task<SignedMoments> {
  const positive = emptyMoments(tree.count);
  const negative = emptyMoments(tree.count);
  const third = new Float64Array(THIRD_MOMENTS * tree.count);
  for (let node = tree.count - 1; node >= 0; node--) {
    if (node % NODES_BETWEEN_PAUSES === 0) yield* pause();
    if (tree.childCounts[node] === 0) {
      ofPoints(signed, tree, node, 1, positive);
      ofPoints(signed, tree, node, -1, negative);
      const [start, end] = [tree.starts[node], tree.ends[node]];
      addThirdMoments(signed.joint.points, signed.weights, start, end, tree, node, third, THIRD_MOMENTS * node);
    } else {
      ofChildren(tree, node, positive);
      ofChildren(tree, node, negative);
      const end = tree.firstChildren[node] + tree.childCounts[node];
      for (let child = tree.firstChildren[node]; child < end; child++) {
        shiftThirdMoments(tree, child, node, positive, negative, third);
      }
    }
  }
  return { positive, negative, third };
}

function ofPoints({ joint, signs }: SignedCloud, tree: Tree, node: number, sign: number, into: NodeMoments): void {
  const { dimension, points, weights } = joint;
  const { starts, ends, centres } = tree;
  const [start, end] = [starts[node], ends[node]];
  const centre = (c: number) => (c < dimension ? centres[node * dimension + c] : 0);
  const [x, y, z] = [centre(0), centre(1), centre(2)];
  let [count, mass, meanX, meanY, meanZ] = [0, 0, 0, 0, 0];
  for (let place = start; place < end; place++) {
    const weight = weights[place];
    if (signs[place] !== sign || !(weight > 0)) continue;
    const at = place * dimension;
    count++;
    mass += weight;
    meanX += weight * (points[at] - x);
    if (dimension > 1) meanY += weight * (points[at + 1] - y);
    if (dimension > 2) meanZ += weight * (points[at + 2] - z);
  }
  if (count === 0) return;
  meanX /= mass;
  meanY /= mass;
  meanZ /= mass;
  let [xx, yy, zz, xy, xz, yz] = [0, 0, 0, 0, 0, 0];
  for (let place = start; place < end; place++) {
    const weight = weights[place];
    if (signs[place] !== sign || !(weight > 0)) continue;
    const at = place * dimension;
    const u = points[at] - x - meanX;
    const v = dimension > 1 ? points[at + 1] - y - meanY : 0;
    const w = dimension > 2 ? points[at + 2] - z - meanZ : 0;
    xx += weight * u * u;
    yy += weight * v * v;
    zz += weight * w * w;
    xy += weight * u * v;
    xz += weight * u * w;
    yz += weight * v * w;
  }
  into.counts[node] = count;
  write(into, node, mass, [meanX, meanY, meanZ], [xx, yy, zz, xy, xz, yz]);
}

function ofChildren({ dimension, centres, firstChildren, childCounts }: Tree, node: number, into: NodeMoments): void {
  const { counts, masses, means, covariances } = into;
  const first = firstChildren[node];
  const end = first + childCounts[node];
  const offset = (child: number, c: number) =>
    c < dimension ? centres[child * dimension + c] - centres[node * dimension + c] + means[3 * child + c] : 0;
  let [count, mass, meanX, meanY, meanZ] = [0, 0, 0, 0, 0];
  for (let child = first; child < end; child++) {
    count += counts[child];
    mass += masses[child];
    meanX += masses[child] * offset(child, 0);
    meanY += masses[child] * offset(child, 1);
    meanZ += masses[child] * offset(child, 2);
  }
  if (count === 0) return;
  meanX /= mass;
  meanY /= mass;
  meanZ /= mass;
  let [xx, yy, zz, xy, xz, yz] = [0, 0, 0, 0, 0, 0];
  for (let child = first; child < end; child++) {
    const part = masses[child];
    if (part === 0) continue;
    const [u, v, w] = [offset(child, 0) - meanX, offset(child, 1) - meanY, offset(child, 2) - meanZ];
    const at = 6 * child;
    xx += part * (covariances[at] + u * u);
    yy += part * (covariances[at + 1] + v * v);
    zz += part * (covariances[at + 2] + w * w);
    xy += part * (covariances[at + 3] + u * v);
    xz += part * (covariances[at + 4] + u * w);
    yz += part * (covariances[at + 5] + v * w);
  }
  counts[node] = count;
  write(into, node, mass, [meanX, meanY, meanZ], [xx, yy, zz, xy, xz, yz]);
}

/** Writes a mass, a mean, and second moments about the mean. */
function write(
  { masses, means, covariances }: NodeMoments,
  node: number,
  mass: number,
  mean: readonly number[],
  second: readonly number[],
): void {
  masses[node] = mass;
  for (let c = 0; c < 3; c++) means[3 * node + c] = mean[c];
  for (let k = 0; k < 6; k++) covariances[6 * node + k] = second[k] / mass;
}

/** Adds the third moments of a child's signed measure, about the middle of its own box, to its parent's about that of the parent's. */
function shiftThirdMoments(
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
  addTerms(third, THIRD_MOMENTS * parent, [
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

/** A second moment about the middle of a node's box. */
const secondOf = ({ masses, means, covariances }: NodeMoments, node: number, k: number, a: number, b: number): number =>
  masses[node] * (covariances[6 * node + k] + means[3 * node + a] * means[3 * node + b]);

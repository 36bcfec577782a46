import { allPoints } from '../../spatial/coreset.js';
import { makeTree, NODES_BETWEEN_PAUSES, type Tree } from '../../spatial/tree.js';
import { chunked } from '../../tasks/chunked.js';
import { pause, type Task } from '../../tasks/task.js';
import type { SignedCloud } from '../signedCloud.js';
import { difference, type Moments, writeCorners } from './moments.js';
import { type NodeMoments, signedMoments } from './nodeMoments.js';
import { addThirdMoments, THIRD_MOMENTS, thirdMomentsApart } from './thirdMoments.js';

/**
 * Points of a leaf of the columns' tree at most, unless they share a finest cell. Raising it makes fewer nodes, and more pairs near.
 * Chosen, not measured by itself; the benchmark "Kernel norms of many points" judges the whole.
 */
const COLUMN_LEAF = 64;
/**
 * One cube represents the points of both signs in a node when what is left of their mass is so much of it or more. Raising it uses two
 * cubes more often, which are more columns and safer. Chosen, not measured.
 */
const ONE_SIGN = 0.2;
/**
 * And when its corners are in the node's box, made so much larger. Raising it lets cubes out of their nodes, where bounds do not hold.
 * Chosen, not measured.
 */
const AROUND = 1.25;

/**
 * The columns of kernel sums over a signed cloud: for each node of a tree a few weighted points that represent it, and
 * all points. Block t holds what represents node t, block T + l the points of leaf l.
 */
export interface NodeColumns {
  readonly tree: Tree;
  readonly count: number;
  /** [n, D] */
  readonly points: Float64Array;
  /** [n]: below 0 for y. */
  readonly weights: Float64Array;
  /** [T + L + 1] */
  readonly blockStarts: Uint32Array;
  /** [T]: 1 where a node is represented by fewer points than it has, 0 where by its own. */
  readonly isRepresented: Uint8Array;
  /** [T]: how far the third moments of what represents a node are from its own, in the norm over the tensor. */
  readonly thirdMoments: Float64Array;
}

/**
 * Puts the columns together. A node with 2^D points or fewer keeps them; any other is represented by the 2^D corners of a
 * mapped cube with the mass, mean and covariance of its signed measure where that has such a one, and otherwise by one such
 * cube, or as few points, for each sign.
 */
export function* nodeColumns(signed: SignedCloud): Task<NodeColumns> {
  const { joint, signs, weights: signedWeights } = signed;
  const { dimension } = joint;
  const corners = 2 ** dimension;
  const tree = yield* makeTree(joint, allPoints(joint), 0, COLUMN_LEAF);
  const leaves = tree.leafStarts.length - 1;
  const blockStarts = new Uint32Array(tree.count + leaves + 1);
  const isRepresented = new Uint8Array(tree.count);
  const thirdMoments = new Float64Array(tree.count);
  const most = 2 * corners * tree.count + joint.count;
  const points = new Float64Array(most * dimension);
  const weights = new Float64Array(most);
  const { positive, negative, third } = yield* signedMoments(signed, tree);
  const cube = new Float64Array(corners * dimension);
  let count = 0;

  const addCorners = (node: number, mass: number) => {
    for (let corner = 0; corner < corners; corner++) {
      weights[count] = mass / corners;
      for (let c = 0; c < dimension; c++) {
        points[count * dimension + c] = tree.centres[node * dimension + c] + cube[corner * dimension + c];
      }
      count++;
    }
    isRepresented[node] = 1;
  };
  const addPoints = (node: number, kept: readonly number[]) => {
    for (let place = tree.starts[node]; place < tree.ends[node]; place++) {
      if (!kept.includes(signs[place]) || !(joint.weights[place] > 0)) continue;
      weights[count] = signedWeights[place];
      for (let c = 0; c < dimension; c++) points[count * dimension + c] = joint.points[place * dimension + c];
      count++;
    }
  };
  const addSign = (node: number, moments: NodeMoments, sign: number) => {
    if (moments.counts[node] <= corners) {
      addPoints(node, [sign]);
      return;
    }
    const own = momentsIn(moments, node, dimension);
    writeCorners(own, cube);
    addCorners(node, sign * own.mass);
  };
  const addNode = (node: number) => {
    const [above, below] = [positive.counts[node], negative.counts[node]];
    if (above + below <= corners) {
      addPoints(node, [1, -1]);
      return;
    }
    if (above > 0 && below > 0) {
      const left = positive.masses[node] - negative.masses[node];
      if (Math.abs(left) >= ONE_SIGN * tree.masses[node]) {
        const both = difference(momentsIn(positive, node, dimension), momentsIn(negative, node, dimension));
        if (writeCorners(both, cube) && isAround(cube, tree, node)) {
          addCorners(node, both.mass);
          return;
        }
      }
    }
    addSign(node, positive, 1);
    addSign(node, negative, -1);
  };

  const standing = new Float64Array(THIRD_MOMENTS);
  for (let node = 0; node < tree.count; node++) {
    if (node % NODES_BETWEEN_PAUSES === 0) yield* pause();
    addNode(node);
    blockStarts[node + 1] = count;
    if (isRepresented[node] === 0) continue;
    standing.fill(0);
    addThirdMoments(points, weights, blockStarts[node], count, tree, node, standing, 0);
    thirdMoments[node] = thirdMomentsApart(third, THIRD_MOMENTS * node, standing);
  }
  for (let leaf = 0; leaf < leaves; leaf++) blockStarts[tree.count + leaf + 1] = count + tree.leafStarts[leaf + 1];
  const first = count * dimension;
  yield* chunked(joint.points.length, (from, to) => points.set(joint.points.subarray(from, to), first + from));
  weights.set(signedWeights, count);
  count += joint.count;
  return {
    tree,
    count,
    points: points.subarray(0, count * dimension),
    weights: weights.subarray(0, count),
    blockStarts,
    isRepresented,
    thirdMoments,
  };
}

/** Where the second moments of rows and columns are in a node's six. */
const SECOND = [
  [0, 3, 4],
  [3, 1, 5],
  [4, 5, 2],
];

const momentsIn = ({ masses, means, covariances }: NodeMoments, node: number, dimension: number): Moments => {
  const axes = SECOND.slice(0, dimension);
  return {
    mass: masses[node],
    mean: axes.map((_, c) => means[3 * node + c]),
    covariance: axes.flatMap((row) => row.slice(0, dimension).map((k) => covariances[6 * node + k])),
  };
};

/** Whether corners, from the middle of a node's box, are in that box or close to it. */
function isAround(corners: Float64Array, { dimension, halves }: Tree, node: number): boolean {
  return corners.every((value, k) => Math.abs(value) <= AROUND * halves[node * dimension + (k % dimension)]);
}

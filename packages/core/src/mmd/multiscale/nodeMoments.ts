import type { Tree } from '../../multiscale/tree.js';
import type { SignedCloud } from './signedCloud.js';

/** The moments of the points of one sign in each node of a tree, up to the second. */
export interface NodeMoments {
  /** [T]: of points with weight. */
  readonly counts: Uint32Array;
  /** [T] */
  readonly masses: Float64Array;
  /** [T, D]: from the middle of the node's box. */
  readonly means: Float64Array;
  /** [T, D, D]: over the mass. */
  readonly covariances: Float64Array;
}

/** The moments from those of points in leaves, and of children elsewhere (parallel axes). */
export function nodeMoments({ joint, signs }: SignedCloud, tree: Tree, sign: number): NodeMoments {
  const { dimension, points, weights } = joint;
  const { centres } = tree;
  const size = dimension * dimension;
  const moments = {
    counts: new Uint32Array(tree.count),
    masses: new Float64Array(tree.count),
    means: new Float64Array(tree.count * dimension),
    covariances: new Float64Array(tree.count * size),
  };
  const { counts, masses, means, covariances } = moments;
  for (let node = tree.count - 1; node >= 0; node--) {
    const isLeaf = tree.childCounts[node] === 0;
    const from = isLeaf ? tree.starts[node] : tree.firstChildren[node];
    const to = isLeaf ? tree.ends[node] : from + tree.childCounts[node];
    const massOf = (part: number) => (isLeaf ? (signs[part] === sign ? weights[part] : 0) : masses[part]);
    const offset = (part: number, c: number) => {
      const place = isLeaf ? points[part * dimension + c] : centres[part * dimension + c];
      return place - centres[node * dimension + c] + (isLeaf ? 0 : means[part * dimension + c]);
    };
    for (let part = from; part < to; part++) {
      const mass = massOf(part);
      masses[node] += mass;
      counts[node] += isLeaf ? Number(mass > 0) : counts[part];
      for (let c = 0; c < dimension && mass > 0; c++) means[node * dimension + c] += mass * offset(part, c);
    }
    if (!(masses[node] > 0)) continue;
    for (let c = 0; c < dimension; c++) means[node * dimension + c] /= masses[node];
    for (let part = from; part < to; part++) {
      const share = massOf(part) / masses[node];
      if (share === 0) continue;
      for (let a = 0; a < dimension; a++) {
        const u = share * (offset(part, a) - means[node * dimension + a]);
        for (let b = 0; b < dimension; b++) {
          const k = a * dimension + b;
          covariances[node * size + k] += u * (offset(part, b) - means[node * dimension + b]);
          if (!isLeaf) covariances[node * size + k] += share * covariances[part * size + k];
        }
      }
    }
  }
  return moments;
}

import {
  type AdmissibilityTest,
  contributionOf,
  LARGE_LOG_SHARE,
  LEAST_LOG_SHARE,
  LOWEST_STEP,
  SHARES,
  STEPS,
} from '../../spatial/admissibilityTest.js';
import type { Entries } from '../../spatial/coreset.js';
import type { Tree } from '../../spatial/tree.js';
import { pause, type Task } from '../../tasks/task.js';

/**
 * The admissibility test for the cost |x - y|.
 *
 * For x in a box and y in a node J of mass b, g(y) - |x - y| is at most the largest g in J less the distance of the boxes.
 * Jensen's inequality gives a lower value of J's log-sum-exp at the middle of the rows' box, from the mean of g and the
 * root mean square of |x - y|; over the box the softmin changes by half its diagonal at most, as distances do. A node's
 * share is taken to be the geometric mean of the shares they give, unless one of a leaf's points is where it may contribute
 * much more.
 */
export function* distanceAdmissibility(
  rows: Tree,
  columns: Tree,
  entries: Entries,
  potential: Float64Array,
  epsilon: number,
  threshold: number,
): Task<AdmissibilityTest> {
  const { dimension } = rows;
  yield* pause();
  const { highest, mean } = extentsOf(columns, entries, potential);
  yield* pause();
  const logThreshold = Math.log(threshold);
  const entropies = columns.masses.map((mass) => epsilon * Math.log(mass));
  let values = new Float64Array(1024);
  let bounds = new Float64Array(1024);
  const test: AdmissibilityTest = {
    epsilon,
    dropped: 0,
    keep(node, from, length, into) {
      if (values.length < length) {
        values = new Float64Array(2 * length);
        bounds = new Float64Array(2 * length);
      }
      let largest = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < length; k++) {
        const candidate = from[k];
        let gap = 0;
        let square = columns.radii[candidate] ** 2 / SPREAD;
        for (let c = 0; c < dimension; c++) {
          const i = node * dimension + c;
          const j = candidate * dimension + c;
          const between = Math.abs(rows.centres[i] - columns.centres[j]);
          gap += Math.max(0, between - rows.halves[i] - columns.halves[j]) ** 2;
          square += (rows.centres[i] - columns.means[j]) ** 2;
        }
        values[k] = entropies[candidate] + mean[candidate] - Math.sqrt(square);
        bounds[k] = entropies[candidate] + highest[candidate] - Math.sqrt(gap);
        if (values[k] > largest) largest = values[k];
      }
      let total = 0;
      for (let k = 0; k < length; k++) {
        const share = (values[k] - largest) / epsilon;
        if (share > LEAST_LOG_SHARE) total += Math.exp(share);
      }
      const softmin = largest + epsilon * Math.log(total);
      const limit = softmin + epsilon * logThreshold;
      const large = softmin + epsilon * LARGE_LOG_SHARE;
      let kept = 0;
      for (let k = 0; k < length; k++) {
        const highestHere = bounds[k] + rows.radii[node];
        const likely = (values[k] + Math.max(values[k], highestHere)) / 2;
        if (likely >= limit || (highestHere >= large && contributionAt(node, from[k], values[k]) >= large)) {
          into[kept++] = from[k];
          continue;
        }
        const step = ((likely - softmin) * STEPS) / epsilon;
        if (step > -LOWEST_STEP) test.dropped += SHARES[Math.ceil(step) + LOWEST_STEP];
      }
      return kept;
    },
  };
  return test;

  /** What a candidate contributes to the one of a leaf's points that it contributes most to; more than that for other nodes. */
  function contributionAt(node: number, candidate: number, value: number): number {
    const upper = entropies[candidate] + highest[candidate];
    const within = Math.max(0, upper - gapFrom(rows.centres, node, candidate) - value);
    let across = 0;
    if (rows.childCounts[node] > 0) across = 2 * rows.radii[node];
    for (let row = rows.starts[node]; rows.childCounts[node] === 0 && row < rows.ends[node]; row++) {
      let square = 0;
      for (let c = 0; c < dimension; c++) {
        square += (rows.points[row * dimension + c] - rows.centres[node * dimension + c]) ** 2;
      }
      const nearer = gapFrom(rows.centres, node, candidate) - gapFrom(rows.points, row, candidate);
      across = Math.max(across, Math.sqrt(square) + nearer);
    }
    return value + contributionOf(within, epsilon) + across;
  }

  /** The distance of a point from a node's box. */
  function gapFrom(points: Float64Array, index: number, candidate: number): number {
    let square = 0;
    for (let c = 0; c < dimension; c++) {
      const between = Math.abs(points[index * dimension + c] - columns.centres[candidate * dimension + c]);
      square += Math.max(0, between - columns.halves[candidate * dimension + c]) ** 2;
    }
    return Math.sqrt(square);
  }
}

/** Half a box's diagonal, squared, over the variance of what is spread evenly in it: h^2 / (h^2 / 3) along each axis. */
const SPREAD = 3;

/** The largest value of a potential in each node, and its mean over the node's mass. */
function extentsOf(tree: Tree, { weights }: Entries, potential: Float64Array) {
  const { count, starts, ends, firstChildren, childCounts, masses } = tree;
  const highest = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const mean = new Float64Array(count);
  for (let node = count - 1; node >= 0; node--) {
    const isLeaf = childCounts[node] === 0;
    const from = isLeaf ? starts[node] : firstChildren[node];
    const to = isLeaf ? ends[node] : from + childCounts[node];
    for (let part = from; part < to; part++) {
      const share = (isLeaf ? weights[part] : masses[part]) / masses[node];
      highest[node] = Math.max(highest[node], isLeaf ? potential[part] : highest[part]);
      mean[node] += share * (isLeaf ? potential[part] : mean[part]);
    }
  }
  return { highest, mean };
}

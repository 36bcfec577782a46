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
import { type Envelope, envelopeOf } from './envelope.js';

/**
 * The admissibility test for the cost |x - y|^2 / 2.
 *
 * For x in a box around c and y in a node J of mass b, the envelope gives an upper value of g(y) - |x - y|^2/2 + |x|^2/2,
 * and Jensen's inequality a lower one of J's log-sum-exp, and of the softmin: a log-sum-exp of functions linear in x,
 * convex, and so above its tangent at c. Between the two lie factors of e^5 and more in 3 dimensions, as the upper value
 * is attained in one corner at most: a node's share is taken to be the geometric mean of the shares they give, unless one
 * of a leaf's points is where it may contribute much more.
 */
export function* squaredDistanceAdmissibility(
  rows: Tree,
  columns: Tree,
  entries: Entries,
  potential: Float64Array,
  epsilon: number,
  threshold: number,
): Task<AdmissibilityTest> {
  const envelope = yield* envelopeOf(columns, entries, potential);
  yield* pause();
  const { nodes, bounds } = packColumns(columns, envelope, epsilon);
  yield* pause();
  const boxes = packRows(rows);
  const logThreshold = Math.log(threshold);
  const inverse = 1 / epsilon;
  const perStep = STEPS / epsilon;
  let values = new Float64Array(1024);
  const test: AdmissibilityTest = {
    epsilon,
    dropped: 0,
    keep(node, from, length, into) {
      if (values.length < length) values = new Float64Array(2 * length);
      const box = node * BOX;
      const x = boxes[box];
      const y = boxes[box + 1];
      const z = boxes[box + 2];
      const halfX = boxes[box + 3];
      const halfY = boxes[box + 4];
      const halfZ = boxes[box + 5];
      let highest = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < length; k++) {
        const j = from[k] * NODE;
        const value = nodes[j + BASE] + x * nodes[j] + y * nodes[j + 1] + z * nodes[j + 2];
        values[k] = value;
        if (value > highest) highest = value;
      }
      let total = 0;
      let meanX = 0;
      let meanY = 0;
      let meanZ = 0;
      const least = highest + LEAST_LOG_SHARE * epsilon;
      for (let k = 0; k < length; k++) {
        // Terms left out make the lower value lower, by less than they would cost.
        if (values[k] < least) continue;
        const weight = Math.exp((values[k] - highest) * inverse);
        const j = from[k] * NODE;
        total += weight;
        meanX += weight * nodes[j];
        meanY += weight * nodes[j + 1];
        meanZ += weight * nodes[j + 2];
      }
      meanX /= total;
      meanY /= total;
      meanZ /= total;
      const softmin = highest + epsilon * Math.log(total);
      const limit = softmin + epsilon * logThreshold;
      const large = softmin + epsilon * LARGE_LOG_SHARE;
      let kept = 0;
      for (let k = 0; k < length; k++) {
        const candidate = from[k];
        const j = candidate * NODE;
        const slopeX = nodes[j] - meanX;
        const slopeY = nodes[j + 1] - meanY;
        const slopeZ = nodes[j + 2] - meanZ;
        const across = Math.abs(slopeX) * halfX + Math.abs(slopeY) * halfY + Math.abs(slopeZ) * halfZ;
        const b = candidate * BOUNDS;
        const within =
          bounds[b + ABOVE] +
          (Math.abs(x - bounds[b]) + halfX) * bounds[b + REACH] +
          (Math.abs(y - bounds[b + 1]) + halfY) * bounds[b + REACH + 1] +
          (Math.abs(z - bounds[b + 2]) + halfZ) * bounds[b + REACH + 2];
        const likely = values[k] + (within + across) / 2;
        const missing = large - values[k] - contributionOf(within, epsilon);
        if (likely >= limit || (across >= missing && reaches(node, slopeX, slopeY, slopeZ, missing))) {
          into[kept++] = candidate;
        } else {
          const step = (likely - softmin) * perStep;
          if (step > -LOWEST_STEP) test.dropped += SHARES[Math.ceil(step) + LOWEST_STEP];
        }
      }
      return kept;
    },
  };
  return test;

  /** Whether one of a leaf's points is that far along a slope from the middle of its box; other nodes' boxes do. */
  function reaches(node: number, slopeX: number, slopeY: number, slopeZ: number, far: number): boolean {
    const { dimension, points, starts, ends, childCounts } = rows;
    if (childCounts[node] > 0) return true;
    const box = node * BOX;
    for (let at = starts[node] * dimension; at < ends[node] * dimension; at += dimension) {
      let product = slopeX * (points[at] - boxes[box]);
      if (dimension > 1) product += slopeY * (points[at + 1] - boxes[box + 1]);
      if (dimension > 2) product += slopeZ * (points[at + 2] - boxes[box + 2]);
      if (product >= far) return true;
    }
    return false;
  }
}

/**
 * A node of the columns as numbers side by side, three components each whatever the dimension: its mean, and its lower value at a row at 0, which
 * are looked at twice; and where its mass is sent, how far entries are from the mean at most, and what is above the lower value.
 */
const NODE = 4;
const BASE = 3;
const BOUNDS = 7;
const REACH = 3;
const ABOVE = 6;

function packColumns(
  { dimension, count, means, halves, centres, masses }: Tree,
  { upper, lower, targets }: Envelope,
  epsilon: number,
): { readonly nodes: Float64Array; readonly bounds: Float64Array } {
  const nodes = new Float64Array(count * NODE);
  const bounds = new Float64Array(count * BOUNDS);
  for (let node = 0; node < count; node++) {
    const record = node * NODE;
    const bound = node * BOUNDS;
    let centred = upper[node];
    for (let c = 0; c < dimension; c++) {
      const k = node * dimension + c;
      nodes[record + c] = means[k];
      bounds[bound + c] = targets[k];
      bounds[bound + REACH + c] = halves[k] + Math.abs(centres[k] - means[k]);
      centred -= targets[k] * means[k];
    }
    nodes[record + BASE] =
      (masses[node] > 0 ? epsilon * Math.log(masses[node]) : Number.NEGATIVE_INFINITY) + lower[node];
    bounds[bound + ABOVE] = centred - lower[node];
  }
  return { nodes, bounds };
}

/** The middle of a node's box and half its extents. */
const BOX = 6;

function packRows({ dimension, count, centres, halves }: Tree): Float64Array {
  const boxes = new Float64Array(count * BOX);
  for (let node = 0; node < count; node++) {
    for (let c = 0; c < dimension; c++) {
      boxes[node * BOX + c] = centres[node * dimension + c];
      boxes[node * BOX + 3 + c] = halves[node * dimension + c];
    }
  }
  return boxes;
}

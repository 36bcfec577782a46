import { report, type Task } from '../tasks/task.js';
import type { Envelope } from './envelope.js';
import type { Tree } from './tree.js';

/** Called for each leaf of the rows, from left to right, with the leaves of the columns it meets, in order. */
export type LeafVisitor = (leaf: number, columns: ArrayLike<number>, count: number) => void;

/** Rows' nodes with more entries than this are places where a descent can be interrupted. */
const ENTRIES_BETWEEN_PAUSES = 4096;

/**
 * Finds the pairs of leaves that count for the softmins at all entries of `rows` over those of `columns`: both trees
 * are descended together, and a node of the columns is dropped as soon as its share of the softmins in a node of the
 * rows is below `threshold`.
 *
 * For x in a box around c and y in a node J of mass b, the envelope gives an upper value of g(y) - |x - y|^2/2 + |x|^2/2,
 * and Jensen's inequality a lower one of J's log-sum-exp, and of the softmin: a log-sum-exp of functions linear in x,
 * convex, and so above its tangent at c. Between the two lie factors of e^5 and more in 3 dimensions, as the upper value
 * is attained in one corner at most: a node's share is taken to be the geometric mean of the shares they give.
 *
 * Gives the share of a row that was dropped, reckoned so, averaged over the rows' mass.
 */
export function* descend(
  rows: Tree,
  columns: Tree,
  { upper, lower, targets }: Envelope,
  epsilon: number,
  threshold: number,
  visit: LeafVisitor,
): Task<number> {
  const { firstChildren, childCounts, radii, leaves } = columns;
  const nodes = packColumns(columns, { upper, lower, targets }, epsilon);
  const boxes = packRows(rows);
  const logThreshold = Math.log(threshold);
  const inverse = 1 / epsilon;
  const perStep = STEPS / epsilon;
  // One list a depth of the rows' tree: the nodes kept for the node at hand, and a second one to filter into.
  const lists: Uint32Array[] = [];
  const spares: Uint32Array[] = [];
  let values = new Float64Array(1024);
  let dropped = 0;
  let droppedHere = 0;

  const list = (of: Uint32Array[], depth: number, length: number): Uint32Array => {
    const held = of[depth];
    if (held && held.length >= length) return held;
    const grown = new Uint32Array(Math.max(64, 2 * length));
    if (held) grown.set(held);
    of[depth] = grown;
    return grown;
  };

  /** Keeps, of some candidates, those that count for a node of the rows; gives how many, and adds what is dropped. */
  const filter = (node: number, from: Uint32Array, length: number, into: Uint32Array): number => {
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
      const j = from[k] * RECORD;
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
      const j = from[k] * RECORD;
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
    let kept = 0;
    for (let k = 0; k < length; k++) {
      const candidate = from[k];
      const j = candidate * RECORD;
      const excess =
        nodes[j + ABOVE] +
        (Math.abs(x - nodes[j + TARGET]) + halfX) * nodes[j + REACH] +
        (Math.abs(y - nodes[j + TARGET + 1]) + halfY) * nodes[j + REACH + 1] +
        (Math.abs(z - nodes[j + TARGET + 2]) + halfZ) * nodes[j + REACH + 2] +
        Math.abs(nodes[j] - meanX) * halfX +
        Math.abs(nodes[j + 1] - meanY) * halfY +
        Math.abs(nodes[j + 2] - meanZ) * halfZ;
      const likely = values[k] + excess / 2;
      if (likely >= limit) {
        into[kept++] = candidate;
      } else {
        const step = (likely - softmin) * perStep;
        if (step > -LOWEST_STEP) droppedHere += SHARES[Math.ceil(step) + LOWEST_STEP];
      }
    }
    return kept;
  };

  /** Puts the children of nodes in the place of those nodes, where they are larger than `radius`. */
  const expand = (from: Uint32Array, length: number, radius: number, spare: Uint32Array[], depth: number): number => {
    let needed = 0;
    for (let k = 0; k < length; k++) needed += Math.max(1, childCounts[from[k]]);
    const into = list(spare, depth, needed);
    let written = 0;
    let expanded = false;
    for (let k = 0; k < length; k++) {
      const node = from[k];
      if (childCounts[node] === 0 || radii[node] <= radius) {
        into[written++] = node;
        continue;
      }
      expanded = true;
      for (let child = 0; child < childCounts[node]; child++) into[written++] = firstChildren[node] + child;
    }
    return expanded ? written : -1;
  };

  /** Filters and refines the candidates of a node of the rows, from those of its parent. */
  const refine = (node: number, depth: number, parents: Uint32Array, length: number): number => {
    const radius = rows.childCounts[node] === 0 ? -1 : rows.radii[node];
    let kept = filter(node, parents, length, list(lists, depth, length));
    for (;;) {
      const expanded = expand(lists[depth], kept, radius, spares, depth);
      if (expanded < 0) return kept;
      kept = filter(node, spares[depth], expanded, list(lists, depth, expanded));
    }
  };

  const finish = (node: number, depth: number, kept: number, droppedAbove: number) => {
    dropped += rows.masses[node] * (droppedAbove + droppedHere);
    const found = lists[depth];
    for (let k = 0; k < kept; k++) found[k] = leaves[found[k]];
    visit(rows.leaves[node], found, kept);
  };

  const walk = (node: number, depth: number, parents: Uint32Array, length: number, droppedAbove: number): void => {
    droppedHere = 0;
    const kept = refine(node, depth, parents, length);
    if (rows.childCounts[node] === 0) {
      finish(node, depth, kept, droppedAbove);
      return;
    }
    const droppedBelow = droppedAbove + droppedHere;
    for (let child = 0; child < rows.childCounts[node]; child++) {
      walk(rows.firstChildren[node] + child, depth + 1, lists[depth], kept, droppedBelow);
    }
  };

  function* walkSlowly(
    node: number,
    depth: number,
    parents: Uint32Array,
    length: number,
    droppedAbove: number,
  ): Task<void> {
    if (rows.ends[node] - rows.starts[node] <= ENTRIES_BETWEEN_PAUSES || rows.childCounts[node] === 0) {
      walk(node, depth, parents, length, droppedAbove);
      yield* report({ stage: 'descending', iteration: rows.ends[node], epsilon });
      return;
    }
    droppedHere = 0;
    const kept = refine(node, depth, parents, length);
    const droppedBelow = droppedAbove + droppedHere;
    for (let child = 0; child < rows.childCounts[node]; child++) {
      yield* walkSlowly(rows.firstChildren[node] + child, depth + 1, lists[depth], kept, droppedBelow);
    }
  }

  yield* walkSlowly(0, 0, Uint32Array.of(0), 1, 0);
  return rows.masses[0] > 0 ? dropped / rows.masses[0] : 0;
}

/** Shares of a softmin below exp of this are not worth an exponential. */
const LEAST_LOG_SHARE = -5;
/** Exponentials of the shares that nodes are dropped with, in steps. */
const STEPS = 4;
const LOWEST_STEP = 30 * STEPS;
const SHARES = Float64Array.from({ length: LOWEST_STEP + 1 }, (_, k) => Math.exp((k - LOWEST_STEP) / STEPS));

/** A node of the columns as numbers side by side, three components each whatever the dimension. */
const RECORD = 11;
/** After the mean: where its mass is sent, how far entries are from the mean at most, and values at a row at 0. */
const TARGET = 3;
const REACH = 6;
const BASE = 9;
const ABOVE = 10;

function packColumns(
  { dimension, count, means, halves, centres, masses }: Tree,
  { upper, lower, targets }: Envelope,
  epsilon: number,
): Float64Array {
  const nodes = new Float64Array(count * RECORD);
  for (let node = 0; node < count; node++) {
    const record = node * RECORD;
    let centred = upper[node];
    for (let c = 0; c < dimension; c++) {
      const k = node * dimension + c;
      nodes[record + c] = means[k];
      nodes[record + TARGET + c] = targets[k];
      nodes[record + REACH + c] = halves[k] + Math.abs(centres[k] - means[k]);
      centred -= targets[k] * means[k];
    }
    nodes[record + BASE] =
      (masses[node] > 0 ? epsilon * Math.log(masses[node]) : Number.NEGATIVE_INFINITY) + lower[node];
    nodes[record + ABOVE] = centred - lower[node];
  }
  return nodes;
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

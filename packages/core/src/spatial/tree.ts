import { pause, type Task } from '../tasks/task.js';
import type { Entries } from './coreset.js';
import { sharedCell } from './mortonOrder.js';
import type { SortedCloud } from './sortedCloud.js';

/**
 * Nodes of a tree between places where work on them can be interrupted: a millisecond or so. Raising it makes an abort wait longer.
 * Chosen, not measured.
 */
export const NODES_BETWEEN_PAUSES = 1024;

/** A tree of boxes over entries in Morton order. Node 0 is the root; children follow their parent. */
export interface Tree {
  readonly dimension: number;
  readonly count: number;
  /** [n, D]: the entries. */
  readonly points: Float64Array;
  /** [T]: node t holds the entries starts[t] up to ends[t]. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** [T]: the first child and how many there are, one after the other; none for a leaf. */
  readonly firstChildren: Uint32Array;
  readonly childCounts: Uint8Array;
  /** [T, D]: the middle and half the extent of the entries' bounding box. */
  readonly centres: Float64Array;
  readonly halves: Float64Array;
  /** [T]: half the diagonal of the box. */
  readonly radii: Float64Array;
  readonly masses: Float64Array;
  /** [T, D]: of the measure in the node. */
  readonly means: Float64Array;
  /** [T]: for a leaf its number among the leaves, from left to right. */
  readonly leaves: Uint32Array;
  /** [L + 1]: leaf l holds the entries leafStarts[l] up to leafStarts[l + 1]. */
  readonly leafStarts: Uint32Array;
}

/**
 * The tree of the grid's cells, from one that holds all entries down to leaves: nodes with few entries, halves and quarters
 * of cells among them, or cells of the given level. A cell with a single occupied child is left out.
 */
export function* makeTree(cloud: SortedCloud, entries: Entries, level: number, leafSize: number): Task<Tree> {
  const { dimension } = cloud;
  const { places } = entries;
  const starts: number[] = [0];
  const ends: number[] = [entries.count];
  const levels: number[] = [cloud.levels];
  const firstChildren: number[] = [];
  const childCounts: number[] = [];
  // From the lowest level on.
  const partsAt = Array.from({ length: cloud.levels - level + 1 }, (_, above) =>
    Array.from({ length: dimension }, (_, axes) => sharedCell(cloud, level + above, axes)),
  );
  for (let node = 0; node < starts.length; node++) {
    if (node % NODES_BETWEEN_PAUSES === 0) yield* pause();
    const [start, end] = [starts[node], ends[node]];
    let below = levels[node] - 1;
    // Entries at both ends of a node tell whether it splits.
    while (below >= level && partsAt[below - level][0](places[start], places[end - 1])) below--;
    firstChildren.push(starts.length);
    if (below < level || end - start <= leafSize) {
      childCounts.push(0);
      continue;
    }
    let from = start;
    while (from < end) {
      const to = endOfChild(from, end, below);
      starts.push(from);
      ends.push(to);
      levels.push(below);
      from = to;
    }
    childCounts.push(starts.length - firstChildren[node]);
  }
  const count = starts.length;
  const tree = {
    dimension,
    count,
    points: entries.points,
    starts: Uint32Array.from(starts),
    ends: Uint32Array.from(ends),
    firstChildren: Uint32Array.from(firstChildren),
    childCounts: Uint8Array.from(childCounts),
    centres: new Float64Array(count * dimension),
    halves: new Float64Array(count * dimension),
    radii: new Float64Array(count),
    masses: new Float64Array(count),
    means: new Float64Array(count * dimension),
    leaves: new Uint32Array(count),
  };
  for (let node = count - 1; node >= 0; node--) {
    if (node % NODES_BETWEEN_PAUSES === 0) yield* pause();
    accumulate(tree, entries, node);
  }
  return { ...tree, leafStarts: numberLeaves(tree) };

  /**
   * The end of the cell that begins at a place, or of the half or the quarter of its parent, if a leaf may have that: blocks
   * of few entries cost more to find than they save.
   */
  function endOfChild(from: number, end: number, below: number): number {
    let to = endOfCell(places, partsAt[below - level][0], from, end);
    for (const same of partsAt[below - level].slice(1)) {
      if (to - from > leafSize || (from > 0 && same(places[from - 1], places[from]))) break;
      const wider = endOfCell(places, same, from, end);
      if (wider - from > leafSize) break;
      to = wider;
    }
    return to;
  }
}

/** The first place after `from` that is in another cell. */
function endOfCell(places: Uint32Array, same: (a: number, b: number) => boolean, from: number, end: number): number {
  let inside = from;
  let step = 1;
  while (inside + step < end && same(places[from], places[inside + step])) {
    inside += step;
    step *= 2;
  }
  let outside = Math.min(inside + step, end);
  while (outside - inside > 1) {
    const middle = (inside + outside) >> 1;
    if (same(places[from], places[middle])) inside = middle;
    else outside = middle;
  }
  return outside;
}

type Moments = Omit<Tree, 'leafStarts'>;

/** The box, mass and mean of a node: of its entries for a leaf, of its children otherwise. */
function accumulate(tree: Moments, entries: Entries, node: number): void {
  const { dimension, centres, halves, radii, masses, means } = tree;
  const isLeaf = tree.childCounts[node] === 0;
  const from = isLeaf ? tree.starts[node] : tree.firstChildren[node];
  const to = isLeaf ? tree.ends[node] : from + tree.childCounts[node];
  const weights = isLeaf ? entries.weights : masses;
  let mass = 0;
  for (let part = from; part < to; part++) mass += weights[part];
  masses[node] = mass;
  let squared = 0;
  for (let c = 0; c < dimension; c++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let mean = 0;
    for (let part = from; part < to; part++) {
      const at = part * dimension + c;
      low = Math.min(low, isLeaf ? entries.points[at] : centres[at] - halves[at]);
      high = Math.max(high, isLeaf ? entries.points[at] : centres[at] + halves[at]);
      const share = mass > 0 ? weights[part] / mass : 1 / (to - from);
      mean += share * (isLeaf ? entries.points[at] : means[at]);
    }
    const at = node * dimension + c;
    centres[at] = low + (high - low) / 2;
    // Rounded up: the box must hold every entry.
    halves[at] = (high - low) * (0.5 + 1e-15);
    means[at] = mean;
    squared += halves[at] ** 2;
  }
  radii[node] = Math.sqrt(squared);
}

function numberLeaves({ starts, ends, childCounts, firstChildren, leaves }: Moments): Uint32Array {
  const leafStarts: number[] = [];
  let last = 0;
  const stack = [0];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (childCounts[node] === 0) {
      leaves[node] = leafStarts.length;
      leafStarts.push(starts[node]);
      last = ends[node];
      continue;
    }
    for (let child = childCounts[node] - 1; child >= 0; child--) stack.push(firstChildren[node] + child);
  }
  leafStarts.push(last);
  return Uint32Array.from(leafStarts);
}

import { pause, type Task } from '../tasks/task.js';
import type { AdmissibilityTest } from './admissibilityTest.js';
import type { Tree } from './tree.js';

/** Called for each leaf of the rows, from left to right, with the leaves of the columns it meets, in order. */
export type LeafVisitor = (leaf: number, columns: ArrayLike<number>, count: number) => void;

/**
 * Entries: rows' nodes with more are places where a traversal can be interrupted. Raising it makes an abort wait longer. Chosen, not
 * measured.
 */
const ENTRIES_BETWEEN_PAUSES = 4096;

/**
 * Finds the pairs of leaves that count for the softmins at all entries of `rows` over those of `columns`: both trees
 * are traversed together, and a node of the columns is skipped as soon as the admissibility test tells that its share of the softmins
 * in a node of the rows is too small.
 *
 * Gives the share of a row that was skipped, as the test reckons it, averaged over the rows' mass.
 */
export function* traverseDualTree(
  rows: Tree,
  columns: Tree,
  test: AdmissibilityTest,
  visit: LeafVisitor,
): Task<number> {
  const { firstChildren, childCounts, radii, leaves } = columns;
  // One list a depth of the rows' tree: the nodes kept for the node at hand, and a second one to write those that pass the test into.
  const lists: Uint32Array[] = [];
  const spares: Uint32Array[] = [];
  let dropped = 0;

  const list = (of: Uint32Array[], depth: number, length: number): Uint32Array => {
    const held = of[depth];
    if (held && held.length >= length) return held;
    const grown = new Uint32Array(Math.max(64, 2 * length));
    if (held) grown.set(held);
    of[depth] = grown;
    return grown;
  };

  /** Puts the children of nodes in place of those nodes, where they are larger than `radius`. */
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

  /** Tests and refines the candidates of a node of the rows, from those of its parent. */
  const refine = (node: number, depth: number, parents: Uint32Array, length: number): number => {
    const radius = rows.childCounts[node] === 0 ? -1 : rows.radii[node];
    let kept = test.keep(node, parents, length, list(lists, depth, length));
    for (;;) {
      const expanded = expand(lists[depth], kept, radius, spares, depth);
      if (expanded < 0) return kept;
      kept = test.keep(node, spares[depth], expanded, list(lists, depth, expanded));
    }
  };

  const finish = (node: number, depth: number, kept: number, droppedAbove: number) => {
    dropped += rows.masses[node] * (droppedAbove + test.dropped);
    const found = lists[depth];
    for (let k = 0; k < kept; k++) found[k] = leaves[found[k]];
    visit(rows.leaves[node], found, kept);
  };

  const walk = (node: number, depth: number, parents: Uint32Array, length: number, droppedAbove: number): void => {
    test.dropped = 0;
    const kept = refine(node, depth, parents, length);
    if (rows.childCounts[node] === 0) {
      finish(node, depth, kept, droppedAbove);
      return;
    }
    const droppedBelow = droppedAbove + test.dropped;
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
      yield* pause();
      return;
    }
    test.dropped = 0;
    const kept = refine(node, depth, parents, length);
    const droppedBelow = droppedAbove + test.dropped;
    for (let child = 0; child < rows.childCounts[node]; child++) {
      yield* walkSlowly(rows.firstChildren[node] + child, depth + 1, lists[depth], kept, droppedBelow);
    }
  }

  yield* walkSlowly(0, 0, Uint32Array.of(0), 1, 0);
  return rows.masses[0] > 0 ? dropped / rows.masses[0] : 0;
}

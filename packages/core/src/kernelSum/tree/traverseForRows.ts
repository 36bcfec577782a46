import type { BlockPattern } from '../../backend/blockPattern.js';
import { type RowRange, rowRanges } from '../../spatial/rowRanges.js';
import type { Tree } from '../../spatial/tree.js';
import { type Progress, pause, report, type Task } from '../../tasks/task.js';
import type { NodeColumns } from './nodeColumns.js';

/**
 * Boxes between places where a traversal can be interrupted: some milliseconds. Raising it makes an abort wait longer. Chosen, not
 * measured.
 */
const BOXES_BETWEEN_PAUSES = 256;

/** Blocks of rows, and a box around the rows of each. */
export interface RowBoxes {
  readonly dimension: number;
  /** [R + 1]: box r holds the rows starts[r] up to starts[r + 1]. */
  readonly starts: Uint32Array;
  /** [R, D]: the middle and half the extent. */
  readonly centres: Float64Array;
  readonly halves: Float64Array;
}

/** The leaves of a tree. */
export function leafBoxes({ dimension, count, childCounts, leaves, leafStarts, centres, halves }: Tree): RowBoxes {
  const boxes = leafStarts.length - 1;
  const middles = new Float64Array(boxes * dimension);
  const extents = new Float64Array(boxes * dimension);
  for (let node = 0; node < count; node++) {
    if (childCounts[node] > 0) continue;
    for (let c = 0; c < dimension; c++) {
      middles[leaves[node] * dimension + c] = centres[node * dimension + c];
      extents[leaves[node] * dimension + c] = halves[node * dimension + c];
    }
  }
  return { dimension, starts: leafStarts, centres: middles, halves: extents };
}

/** Points [n, D], each a box by itself. */
export function pointBoxes(points: Float64Array, dimension: number): RowBoxes {
  const count = points.length / dimension;
  return {
    dimension,
    starts: Uint32Array.from({ length: count + 1 }, (_, k) => k),
    centres: points,
    halves: new Float64Array(points.length),
  };
}

/**
 * Finds the columns that each box of the rows meets, from the root of the columns' tree down, and has them dispatched
 * in ranges of neighbouring rows, so that a range is reduced while the next one is put together.
 *
 * A node at a squared distance of `openingDistances` from a box or more counts as its few points, and at a distance of `reach` or
 * more not at all. Gives what was dispatched, in the order of the rows.
 */
export function* traverseForRows<Part>(
  rows: RowBoxes,
  { tree, blockStarts }: Pick<NodeColumns, 'tree' | 'blockStarts'>,
  openingDistances: Float64Array,
  reach: number,
  dispatch: (range: RowRange) => Part,
  told?: (share: number) => Progress,
): Task<readonly Part[]> {
  const { firstChildren, childCounts, leaves } = tree;
  const nodes = packNodes(tree, openingDistances);
  const farthest = reach * reach;
  const boxes = rows.starts.length - 1;
  const ranges = rowRanges(rows.starts, blockStarts, dispatch);
  let stack = new Uint32Array(1024);
  let found = new Uint32Array(4096);
  let count = 0;

  const sides = new Float64Array(6);
  const collect = (box: number): void => {
    for (let c = 0; c < rows.dimension; c++) {
      sides[c] = rows.centres[box * rows.dimension + c];
      sides[3 + c] = rows.halves[box * rows.dimension + c];
    }
    const [x, y, z, halfX, halfY, halfZ] = sides;
    count = 0;
    let depth = 0;
    let first = 0;
    let end = 1;
    for (;;) {
      if (stack.length < depth + 8) stack = grown(stack);
      if (found.length < count + 9) found = grown(found);
      for (let node = first; node < end; node++) {
        const record = node * RECORD;
        const u = Math.max(0, Math.abs(nodes[record] - x) - nodes[record + 3] - halfX);
        const v = Math.max(0, Math.abs(nodes[record + 1] - y) - nodes[record + 4] - halfY);
        const w = Math.max(0, Math.abs(nodes[record + 2] - z) - nodes[record + 5] - halfZ);
        const squared = u * u + v * v + w * w;
        if (squared >= farthest) continue;
        if (squared >= nodes[record + OPENING]) found[count++] = node;
        else if (childCounts[node] === 0) found[count++] = tree.count + leaves[node];
        else stack[depth++] = node;
      }
      if (depth === 0) return;
      const open = stack[--depth];
      first = firstChildren[open];
      end = first + childCounts[open];
    }
  };

  for (let box = 0; box < boxes; box++) {
    collect(box);
    ranges.add(found, count);
    if (box % BOXES_BETWEEN_PAUSES === 0) yield* told ? report(told(box / boxes)) : pause();
  }
  return ranges.finish();
}

/** The pairs of rows and columns that a pass would take. */
export function* pairsOver(
  rows: RowBoxes,
  columns: Pick<NodeColumns, 'tree' | 'blockStarts'>,
  openingDistances: Float64Array,
  reach: number,
): Task<number> {
  const counts = yield* traverseForRows(rows, columns, openingDistances, reach, ({ blocks }) => pairsIn(blocks));
  return counts.reduce((sum, pairs) => sum + pairs, 0);
}

/** The pairs that a pattern lists. */
export function pairsIn({ rowStarts, columnStarts, offsets, columnBlocks }: BlockPattern): number {
  let pairs = 0;
  for (let block = 0; block + 1 < rowStarts.length; block++) {
    let columns = 0;
    for (let k = offsets[block]; k < offsets[block + 1]; k++) {
      columns += columnStarts[columnBlocks[k] + 1] - columnStarts[columnBlocks[k]];
    }
    pairs += columns * (rowStarts[block + 1] - rowStarts[block]);
  }
  return pairs;
}

function grown(list: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * list.length);
  larger.set(list);
  return larger;
}

/** A node of the columns as numbers side by side: the middle and half the extents of its box, and its opening. */
const RECORD = 7;
/** Where the opening stands in a record. */
const OPENING = 6;

function packNodes({ dimension, count, centres, halves }: Tree, openingDistances: Float64Array): Float64Array {
  const nodes = new Float64Array(count * RECORD);
  for (let node = 0; node < count; node++) {
    for (let c = 0; c < dimension; c++) {
      nodes[node * RECORD + c] = centres[node * dimension + c];
      nodes[node * RECORD + 3 + c] = halves[node * dimension + c];
    }
    nodes[node * RECORD + OPENING] = openingDistances[node];
  }
  return nodes;
}

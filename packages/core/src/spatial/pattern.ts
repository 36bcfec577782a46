import type { BlockPattern } from '../backend/blockPattern.js';
import type { Task } from '../tasks/task.js';
import type { AdmissibilityTest } from './admissibilityTest.js';
import { traverseDualTree } from './dualTreeTraversal.js';
import type { Tree } from './tree.js';

/** A list of numbers that grows. */
export class NumberList {
  #values = new Uint32Array(4096);
  length = 0;

  append(values: ArrayLike<number>, count: number): void {
    if (this.#values.length < this.length + count) {
      const grown = new Uint32Array(2 * (this.length + count));
      grown.set(this.#values);
      this.#values = grown;
    }
    for (let k = 0; k < count; k++) this.#values[this.length + k] = values[k];
    this.length += count;
  }

  /** What was appended so far; the list is empty afterwards. */
  take(): Uint32Array {
    const taken = this.#values.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}

/** The pairs that count, and a bound on what was left out. */
export interface Truncation {
  readonly blocks: BlockPattern;
  readonly truncatedMass: number;
}

/** The block pattern of the softmins at all entries of a tree over those of another one. */
export function* truncate(rows: Tree, columns: Tree, test: AdmissibilityTest): Task<Truncation> {
  const columnBlocks = new NumberList();
  const offsets = new Uint32Array(rows.leafStarts.length);
  const truncatedMass = yield* traverseDualTree(rows, columns, test, (leaf, found, count) => {
    columnBlocks.append(found, count);
    offsets[leaf + 1] = columnBlocks.length;
  });
  const blocks = {
    rowStarts: rows.leafStarts,
    columnStarts: columns.leafStarts,
    offsets,
    columnBlocks: columnBlocks.take(),
  };
  return { blocks, truncatedMass };
}

/** The same pairs with rows and columns exchanged. */
export function transposed({ rowStarts, columnStarts, offsets, columnBlocks }: BlockPattern): BlockPattern {
  const count = columnStarts.length - 1;
  const turnedOffsets = new Uint32Array(count + 1);
  for (const block of columnBlocks) turnedOffsets[block + 1]++;
  for (let block = 0; block < count; block++) turnedOffsets[block + 1] += turnedOffsets[block];
  const next = turnedOffsets.slice(0, count);
  const turned = new Uint32Array(columnBlocks.length);
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let k = offsets[row]; k < offsets[row + 1]; k++) turned[next[columnBlocks[k]]++] = row;
  }
  return { rowStarts: columnStarts, columnStarts: rowStarts, offsets: turnedOffsets, columnBlocks: turned };
}

/** The pairs of two patterns over the same blocks. */
export function united(one: BlockPattern, two: BlockPattern): BlockPattern {
  const rows = one.offsets.length - 1;
  const offsets = new Uint32Array(rows + 1);
  const columnBlocks = new Uint32Array(one.columnBlocks.length + two.columnBlocks.length);
  let length = 0;
  for (let row = 0; row < rows; row++) {
    let i = one.offsets[row];
    let j = two.offsets[row];
    while (i < one.offsets[row + 1] || j < two.offsets[row + 1]) {
      const left = i < one.offsets[row + 1] ? one.columnBlocks[i] : Number.POSITIVE_INFINITY;
      const right = j < two.offsets[row + 1] ? two.columnBlocks[j] : Number.POSITIVE_INFINITY;
      if (left <= right) i++;
      if (right <= left) j++;
      columnBlocks[length++] = Math.min(left, right);
    }
    offsets[row + 1] = length;
  }
  return { ...one, offsets, columnBlocks: columnBlocks.slice(0, length) };
}

import type { BlockPattern } from '@sinkhorn/core';
import { FleetError } from './errors.js';

/** The pattern of the row blocks `first` up to `last`, whose rows are counted from 0. */
export function partOfPattern(pattern: BlockPattern, first: number, last: number): BlockPattern {
  const { rowStarts, columnStarts, offsets, columnBlocks } = pattern;
  return {
    rowStarts: rowStarts.slice(first, last + 1).map((start) => start - rowStarts[first]),
    columnStarts,
    offsets: offsets.slice(first, last + 1).map((offset) => offset - offsets[first]),
    columnBlocks: columnBlocks.slice(offsets[first], offsets[last]),
  };
}

/**
 * Where to cut the rows of a pattern into parts of about as many pairs: indices of row blocks, from 0 on. Rows of a block stay together.
 */
export function cutsOfPattern(
  { rowStarts, columnStarts, offsets, columnBlocks }: BlockPattern,
  parts: number,
): number[] {
  const blocks = rowStarts.length - 1;
  const pairs = new Float64Array(blocks + 1);
  for (let r = 0; r < blocks; r++) {
    let columns = 0;
    for (let k = offsets[r]; k < offsets[r + 1]; k++)
      columns += columnStarts[columnBlocks[k] + 1] - columnStarts[columnBlocks[k]];
    // Rows without pairs are some work too.
    pairs[r + 1] = pairs[r] + (columns + 1) * (rowStarts[r + 1] - rowStarts[r]);
  }
  const cuts = [0];
  let block = 0;
  for (let part = 1; part < parts; part++) {
    while (block < blocks && pairs[block] < (pairs[blocks] * part) / parts) block++;
    cuts.push(block);
  }
  return [...cuts, blocks];
}

/** A pattern as bytes: four lengths, four lists. */
export function patternBytes({ rowStarts, columnStarts, offsets, columnBlocks }: BlockPattern): Uint8Array {
  const lists = [rowStarts, columnStarts, offsets, columnBlocks];
  const all = new Uint32Array(4 + lists.reduce((total, { length }) => total + length, 0));
  all.set(lists.map(({ length }) => length));
  let at = 4;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return new Uint8Array(all.buffer);
}

export function patternOf(bytes: Uint8Array): BlockPattern {
  const all = new Uint32Array(bytes.slice().buffer, 0, Math.floor(bytes.length / 4));
  const lengths = [...all.subarray(0, 4)];
  if (all.length < 4 || lengths.reduce((total, length) => total + length, 4) !== all.length) {
    throw new FleetError('CORRUPT_BLOB', 'a pattern of blocks has other bytes than were put');
  }
  const ends = lengths.map((_, k) => 4 + lengths.slice(0, k + 1).reduce((total, length) => total + length, 0));
  const [rowStarts, columnStarts, offsets, columnBlocks] = ends.map((end, k) => all.slice(end - lengths[k], end));
  return { rowStarts, columnStarts, offsets, columnBlocks };
}

import type { BlockPattern } from '@sinkhorn/core';
import { TILE_COLUMNS } from './layout.js';

/** A block pattern as kernels take it: column blocks that follow one another are joined, and cut into tiles. */
export interface BlockTable {
  /** For each row, the first of its tiles and the one after the last. */
  readonly rows: Float32Array;
  /** For each tile, its first column and the one after the last. */
  readonly tiles: Float32Array;
  /** Tiles of the row that has most. */
  readonly mostTiles: number;
}

export function blockTable(blocks: BlockPattern, rows: number): BlockTable {
  const { rowStarts, columnStarts, offsets, columnBlocks } = blocks;
  const lists = new Float32Array(2 * rows);
  const tiles: number[] = [];
  let mostTiles = 0;
  for (let block = 0; block + 1 < rowStarts.length; block++) {
    const first = tiles.length / 2;
    let [start, end] = [0, 0];
    const close = () => {
      for (let from = start; from < end; ) {
        const to = Math.min(end, (Math.floor(from / TILE_COLUMNS) + 1) * TILE_COLUMNS);
        tiles.push(from, to);
        from = to;
      }
    };
    for (let entry = offsets[block]; entry < offsets[block + 1]; entry++) {
      const [from, to] = [columnStarts[columnBlocks[entry]], columnStarts[columnBlocks[entry] + 1]];
      if (from === to) continue;
      if (from === end) {
        end = to;
        continue;
      }
      close();
      [start, end] = [from, to];
    }
    close();
    const last = tiles.length / 2;
    mostTiles = Math.max(mostTiles, last - first);
    for (let row = rowStarts[block]; row < rowStarts[block + 1]; row++) lists.set([first, last], 2 * row);
  }
  return { rows: lists, tiles: Float32Array.from(tiles), mostTiles };
}

import type { SortedCloud } from './sortedCloud.js';

/** The corners of some cells of a cloud's grid, each once: those that neighbours share are the same. */
export interface Corners {
  /** Adds the cell of the point at a place as a box of the given number: boxes come one after the other. */
  add(place: number, box: number): void;
  /** How many corners there are so far. */
  count(): number;
  /** [K, D], with room for more. */
  readonly points: Float64Array;
  /** [B, 2^D]: the corners of each box, by their numbers. */
  readonly corners: Uint32Array;
  /** [B, D]: the middles of the boxes, and half their width. */
  readonly middles: Float64Array;
  readonly half: number;
}

/** No corners yet, for so many cells of the grid doubled `level` times, or halved where that is below 0. */
export function cornersOf(
  { dimension, points: of, low, width, halvings }: SortedCloud,
  level: number,
  boxes: number,
): Corners {
  const nodes = 2 ** dimension;
  const wide = width * 2 ** level;
  const finest = width / 2 ** halvings;
  const across = 2 ** (level + halvings);
  const corners = new Uint32Array(boxes * nodes);
  const middles = new Float64Array(boxes * dimension);
  const points = new Float64Array(boxes * nodes * dimension);
  // Open addressing: less than half full, with the number of a corner plus 1.
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * nodes * boxes + 2)));
  const cell = new Float64Array(3);
  const at = new Float64Array(3);
  let count = 0;

  function find(hash: number): number {
    for (let slot = hash & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const known = slots[slot] - 1;
      if (known < 0) {
        slots[slot] = ++count;
        for (let c = 0; c < dimension; c++) points[(count - 1) * dimension + c] = at[c];
        return count - 1;
      }
      let c = 0;
      while (c < dimension && points[known * dimension + c] === at[c]) c++;
      if (c === dimension) return known;
    }
  }

  return {
    points,
    corners,
    middles,
    half: wide / 2,
    count: () => count,
    add(place, box) {
      for (let c = 0; c < dimension; c++) {
        // As points were sorted: by the finest cells, of which wider ones are made.
        cell[c] = Math.floor(Math.floor((of[place * dimension + c] - low[c]) / finest) / across);
        middles[box * dimension + c] = low[c] + (cell[c] + 0.5) * wide;
      }
      for (let corner = 0; corner < nodes; corner++) {
        let hash = 0;
        for (let c = 0; c < dimension; c++) {
          const index = cell[c] + ((corner >> c) & 1);
          at[c] = low[c] + index * wide;
          hash = Math.imul(hash ^ index, 0x9e3779b1);
          hash ^= hash >>> 15;
        }
        corners[box * nodes + corner] = find(hash);
      }
    },
  };
}

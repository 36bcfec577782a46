import type { StoredPairs } from './pairs.js';

/** An entry of a plan below this share of its row and its column carries no mass that rounding would not. */
export const NO_MASS = 1e-13;

/**
 * The parts of both measures that exchange mass among themselves, by entries above a share of their row or column: for each row, then
 * each column, a node that represents its part.
 */
export function partsOf(
  pairs: StoredPairs,
  plan: Float64Array,
  row: Float64Array,
  column: Float64Array,
  least: number,
): Uint32Array {
  const rows = row.length;
  const parents = Uint32Array.from({ length: rows + column.length }, (_, node) => node);
  const root = (node: number) => {
    let at = node;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]];
      at = parents[at];
    }
    return at;
  };
  for (let i = 0; i < rows; i++) {
    for (let k = pairs.begin(i); k < pairs.end(i); k++) {
      const j = pairs.column[k];
      if (plan[k] > least * Math.min(row[i], column[j])) parents[root(rows + j)] = root(i);
    }
  }
  return parents.map((_, node) => root(node));
}

import { type TransportTree, transportTree } from './transportTree.js';

/** Remainders of this part of a weight are rounding. */
const ROUNDING = 1e-15;

/**
 * A first tree: each supply in turn goes to the cheapest demand that is left. A node that is used up hangs on the one it was used up by,
 * and where both are it is the demand: so flows of 0 go up the tree, which is what makes it strongly feasible.
 */
export function startingTree(supplies: Float64Array, demands: Float64Array, costs: Float64Array): TransportTree {
  const [rows, columns] = [supplies.length, demands.length];
  const parents = new Int32Array(rows + columns).fill(-1);
  const flows = new Float64Array(rows + columns);
  const left = demands.slice();
  const open = Int32Array.from(demands, (_, column) => column);
  let count = columns;
  let mass = 0;
  for (let row = 0; row < rows; row++) {
    let supply = supplies[row];
    mass += supply;
    const isLast = row === rows - 1;
    for (;;) {
      if (isLast && count === 0) break;
      let cheapest = 0;
      for (let k = 1; k < count; k++) {
        if (costs[row * columns + open[k]] < costs[row * columns + open[cheapest]]) cheapest = k;
      }
      const column = open[cheapest];
      const usesUp = isLast || (count > 1 && left[column] - supply <= ROUNDING * demands[column]);
      if (!usesUp) {
        parents[row] = rows + column;
        flows[row] = supply;
        left[column] = Math.max(left[column] - supply, ROUNDING * demands[column]);
        break;
      }
      parents[rows + column] = row;
      flows[rows + column] = left[column];
      supply = Math.max(0, supply - left[column]);
      open[cheapest] = open[--count];
    }
  }
  return transportTree(rows, columns, parents, flows, mass);
}

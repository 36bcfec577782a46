import { chunked } from '../../tasks/chunked.js';
import { pause, type Task } from '../../tasks/task.js';
import { PAIRS_AT_ONCE } from './rowsAtOnce.js';
import { type TransportTree, transportTree } from './transportTree.js';

/** Remainders of this part of a weight are rounding. */
const ROUNDING = 1e-15;

/**
 * A first tree: each supply in turn goes to the cheapest demand that is left. A node that is used up hangs on the one it was used up by,
 * and where both are it is the demand: so flows of 0 go up the tree, which is what makes it strongly feasible.
 *
 * @param guessed - about what the potentials at the demands will be: costs less these decide which demand is the cheapest.
 */
export function* startingTree(
  supplies: Float64Array,
  demands: Float64Array,
  costs: Float64Array,
  guessed?: Float64Array,
): Task<TransportTree> {
  const [rows, columns] = [supplies.length, demands.length];
  const parents = new Int32Array(rows + columns).fill(-1);
  const flows = new Float64Array(rows + columns);
  const left = demands.slice();
  // The demands that are left, as a heap: the cheapest one for the row comes first, and few supplies may use up many.
  const open = new Int32Array(columns);
  yield* chunked(columns, (from, to) => {
    for (let column = from; column < to; column++) open[column] = column;
  });
  let count = columns;
  let mass = 0;
  let seen = 0;
  for (let row = 0; row < rows; row++) {
    let supply = supplies[row];
    mass += supply;
    const isLast = row === rows - 1;
    const given = costs.subarray(row * columns, (row + 1) * columns);
    const own = guessed ? given.map((cost, column) => cost - guessed[column]) : given;
    if (isLast) {
      // The last supply takes all that is left, in any order.
      yield* chunked(count, (from, to) => {
        for (let place = from; place < to; place++) {
          parents[rows + open[place]] = row;
          flows[rows + open[place]] = left[open[place]];
        }
      });
      break;
    }
    seen += count;
    for (let first = count >> 1; first > 0; first -= PAIRS_AT_ONCE) {
      for (let place = first - 1; place >= Math.max(0, first - PAIRS_AT_ONCE); place--) sink(open, place, count, own);
      if (first > PAIRS_AT_ONCE) yield* pause();
    }
    for (;;) {
      if (seen++ > PAIRS_AT_ONCE) {
        seen = 0;
        yield* pause();
      }
      const column = open[0];
      const usesUp = count > 1 && left[column] - supply <= ROUNDING * demands[column];
      if (!usesUp) {
        parents[row] = rows + column;
        flows[row] = supply;
        left[column] = Math.max(left[column] - supply, ROUNDING * demands[column]);
        break;
      }
      parents[rows + column] = row;
      flows[rows + column] = left[column];
      supply = Math.max(0, supply - left[column]);
      open[0] = open[--count];
      sink(open, 0, count, own);
    }
  }
  yield* pause();
  return transportTree(columns, parents, flows, costs, mass);
}

/** Puts an entry of a heap below those that cost less. */
function sink(heap: Int32Array, from: number, count: number, costs: Float64Array): void {
  const moved = heap[from];
  const cost = costs[moved];
  let place = from;
  for (;;) {
    let below = 2 * place + 1;
    if (below >= count) break;
    if (below + 1 < count && costs[heap[below + 1]] < costs[heap[below]]) below++;
    if (costs[heap[below]] >= cost) break;
    heap[place] = heap[below];
    place = below;
  }
  heap[place] = moved;
}

import { chunked } from '../../tasks/chunked.js';
import { pause, type Task } from '../../tasks/task.js';
import { startingTree } from './startingTree.js';
import type { TransportTree } from './transportTree.js';

/** A reduced cost above minus this part of the largest cost is 0 to rounding: some ten of float64's last digits. Raising it ends sooner, at a larger gap. */
const ROUNDING = 1e-14;
/**
 * Between two places where a task can be interrupted there are so many pivots at most, which visit so many nodes at most, and searches that
 * look at so many pairs at most: some milliseconds. Raising them makes an abort wait longer. Chosen, not measured.
 */
const PIVOTS_AT_ONCE = 512;
const NODES_AT_ONCE = 2 ** 22;
const LOOKS_AT_ONCE = 2 ** 22;

/**
 * Optimal transport between N supplies and M demands, all above 0 and of the same sum, by the network simplex: a spanning tree of pairs,
 * which the most negative reduced cost of a block of pairs enters as long as there is one (block search pivots: Király and Kovács,
 * "Efficient implementations of minimum-cost flow algorithms", 2012). Trees are kept strongly feasible (Cunningham 1976), so that pivots
 * that move no mass do not go round in circles.
 *
 * @param costs - [N, M], row by row.
 */
export function* networkSimplex(
  supplies: Float64Array,
  demands: Float64Array,
  costs: Float64Array,
): Task<{ readonly tree: TransportTree; readonly pivots: number }> {
  const [rows, columns] = [supplies.length, demands.length];
  const pairs = rows * columns;
  let largest = 0;
  yield* chunked(pairs, (from, to) => {
    for (let pair = from; pair < to; pair++) largest = Math.max(largest, Math.abs(costs[pair]));
  });
  const tolerance = ROUNDING * largest;
  const tree = yield* startingTree(supplies, demands, costs, yield* guessedPotentials(supplies, demands, costs));
  const { bases, anchors, lifts } = tree;
  const block = Math.max(16, Math.ceil(Math.sqrt(pairs)));
  const pivotsAtOnce = Math.min(PIVOTS_AT_ONCE, Math.max(1, Math.floor(NODES_AT_ONCE / (rows + columns))));
  let [next, pivots, looks] = [0, 0, 0];
  tree.refresh();
  yield* pause();
  for (;;) {
    const entering = findEntering();
    if (entering < 0) {
      // Potentials carry the rounding of all pivots: those computed anew have the last word.
      tree.refresh();
      yield* pause();
      const again = findEntering();
      if (again < 0) return { tree, pivots };
      tree.pivot(again);
    } else {
      tree.pivot(entering);
    }
    if (++pivots % pivotsAtOnce !== 0 && looks < LOOKS_AT_ONCE) continue;
    looks = 0;
    yield* pause();
  }

  /** The pair of the most negative reduced cost in the first block that has one, going on where the last search ended; -1 for none. */
  function findEntering(): number {
    let least = -tolerance;
    let found = -1;
    let left = block;
    let row = Math.floor(next / columns);
    for (let seen = 0; seen < pairs; ) {
      const start = next - row * columns;
      const end = Math.min(columns, start + Math.min(left, pairs - seen));
      const [base, potential] = [row * columns, bases[row] - lifts[anchors[row]]];
      for (let column = start; column < end; column++) {
        const node = rows + column;
        const reduced = costs[base + column] - potential - bases[node] + lifts[anchors[node]];
        if (reduced < least) {
          least = reduced;
          found = base + column;
        }
      }
      seen += end - start;
      looks += end - start;
      left -= end - start;
      next = base + end;
      if (end === columns && ++row === rows) row = next = 0;
      if (left === 0) {
        if (found >= 0) return found;
        left = block;
      }
    }
    return found;
  }
}

/**
 * Where one side has at least so many times as many nodes as the other, a first tree comes from the optimum with fewer of them: 10 against
 * 40,000 nodes take a hundredth of the pivots then. Measured.
 */
const LONG = 16;
/** How many nodes of the longer side stand as one. Raising it makes the smaller problem quicker, and worse a guess. Chosen, not measured. */
const AT_ONCE = 4;

/** About what the potentials at the demands will be, where one side has far more nodes than the other: those of a problem with fewer. */
function* guessedPotentials(
  supplies: Float64Array,
  demands: Float64Array,
  costs: Float64Array,
): Task<Float64Array | undefined> {
  const [rows, columns] = [supplies.length, demands.length];
  if (Math.max(rows, columns) < LONG * Math.min(rows, columns) || Math.min(rows, columns) === 1) return undefined;
  const byRows = rows > columns;
  const [fewerSupplies, fewerDemands] = byRows ? [together(supplies), demands] : [supplies, together(demands)];
  const [height, width] = [fewerSupplies.length, fewerDemands.length];
  const fewerCosts = new Float64Array(height * width);
  yield* chunked(fewerCosts.length, (first, end) => {
    for (let pair = first; pair < end; pair++) {
      const row = Math.floor(pair / width);
      const column = pair - row * width;
      fewerCosts[pair] = costs[byRows ? row * AT_ONCE * columns + column : row * columns + column * AT_ONCE];
    }
  });
  const { tree } = yield* networkSimplex(fewerSupplies, fewerDemands, fewerCosts);
  const potentials = tree.potentials();
  if (byRows) return potentials.subarray(height);
  const guessed = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  yield* chunked(columns, (from, to) => {
    for (let row = 0; row < rows; row++) {
      for (let column = from; column < to; column++) {
        guessed[column] = Math.min(guessed[column], costs[row * columns + column] - potentials[row]);
      }
    }
  });
  return guessed;
}

/** Some masses after each other as one. */
function together(masses: Float64Array): Float64Array {
  const sums = new Float64Array(Math.ceil(masses.length / AT_ONCE));
  for (let k = 0; k < masses.length; k++) sums[Math.floor(k / AT_ONCE)] += masses[k];
  return sums;
}

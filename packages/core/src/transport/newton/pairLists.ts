import type { Task } from '../../tasks/task.js';
import { type HostProblem, ofWhatIsLeft } from './hostProblem.js';
import { MARGIN, mostListed, NARROW, SHORT_LIST } from './listSizes.js';
import { completeList, narrowed, type PairList, room, scan } from './pairList.js';
import { allPairs, storedPairs } from './pairs.js';
import { type Pass, rowPass } from './rowPass.js';

/** The share of the pairs from which on a list may as well hold them all. Raising it keeps lists that stop steps. Chosen, not measured. */
const NEARLY_ALL = 0.9;
/** And the widest that is scanned for. Raising it makes first lists longer. Chosen, not measured. */
const WIDEST = 4000;

/** The lists of pairs that count in a solve, each a part of the one before it. */
export interface PairLists {
  /** All pairs, where they are kept. */
  readonly complete?: PairList;
  /** The list that was made last. */
  readonly narrowest?: PairList;
  /** Lists that were made from all pairs. */
  readonly scans: number;
  /** Passes over all pairs beside those. */
  readonly passes: number;
  /** A pass over all pairs. */
  all(g: Float64Array, epsilon: number): Task<Pass>;
  /** The narrowest list that holds every pair that counts; undefined where nearly all do, so that no list helps. */
  valid(g: Float64Array, at: ListOf): Task<PairList | undefined>;
  /** Gives up all lists: the next one is made from all pairs. */
  restart(): void;
}

/** What a list has to serve for. */
interface ListOf {
  readonly epsilon: number;
  /** The slack, in temperatures, up to which pairs count. */
  readonly leastRoom: number;
  /** How many times wider than usual it is to be. */
  readonly widening: number;
}

/** @param isComplete - Whether all pairs are kept from the start. */
export function pairLists(problem: HostProblem, isComplete: boolean): PairLists {
  const { rows, columns } = problem.costs;
  let complete = isComplete ? completeList(storedPairs(problem)) : undefined;
  let lists = complete ? [complete] : [];
  let [scans, passes] = [0, 0];
  return {
    get complete() {
      return complete;
    },
    get narrowest() {
      return lists.at(-1);
    },
    get scans() {
      return scans;
    },
    get passes() {
      return passes;
    },
    all,
    valid,
    restart() {
      lists = complete ? [complete] : [];
    },
  };

  function* all(g: Float64Array, epsilon: number): Task<Pass> {
    passes += 1;
    return yield* rowPass({ problem, pairs: complete?.pairs ?? allPairs(problem), g, epsilon });
  }

  function* valid(g: Float64Array, { epsilon, leastRoom, widening }: ListOf): Task<PairList | undefined> {
    const width = Math.max(2 * leastRoom, NARROW);
    const columnsLeft = ofWhatIsLeft(problem.y, g, epsilon);
    const rowsLeft = ({ f }: Pass) => ofWhatIsLeft(problem.x, f, epsilon);
    let needed = leastRoom;
    for (let list = lists.at(-1); list; list = lists.at(-1)) {
      // A list that cannot be narrowed to much less is taken as it is.
      if (list === complete && !isWorthNarrowing(epsilon)) return list;
      const { pairs } = list;
      const left = rowsLeft(yield* rowPass({ problem, pairs, g, epsilon, plan: new Float64Array(pairs.length) }));
      if (list === complete) passes += 1;
      const slack = room(list, left, columnsLeft);
      if (slack >= needed * epsilon) {
        return narrowest(list, left, columnsLeft, Math.min(slack, widening * width * epsilon));
      }
      lists.pop();
      // A list that was come back to should serve a while.
      needed = leastRoom + 2 * MARGIN;
    }
    const left = rowsLeft(yield* all(g, epsilon));
    scans += 1;
    const cuts = { leastCut: (leastRoom + MARGIN) * epsilon, largestCut: WIDEST * epsilon };
    const limits = { ...cuts, mostPairs: mostListed(rows, columns) };
    const found = yield* scan(problem, left, columnsLeft, limits, epsilon);
    if (!found) return undefined;
    // A list of nearly all pairs saves nothing, and stops steps.
    if (found.pairs.length > NEARLY_ALL * rows * columns && rows * columns <= SHORT_LIST) {
      complete = completeList(storedPairs(problem));
      lists = [complete];
      return complete;
    }
    lists = [found];
    return narrowest(found, left, columnsLeft, widening * width * epsilon);
  }

  function narrowest(list: PairList, f: Float64Array, g: Float64Array, cut: number): PairList {
    const narrower = narrowed(list, f, g, cut);
    if (narrower) lists.push(narrower);
    return narrower ?? list;
  }

  /** Whether costs are so large against a temperature that many pairs cannot count. */
  function isWorthNarrowing(epsilon: number): boolean {
    return problem.costScale > 2 * NARROW * epsilon;
  }
}

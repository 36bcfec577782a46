import type { Task } from '../../tasks/task.js';
import { dualValue } from './dualValue.js';
import { dampingOf, type HostProblem } from './hostProblem.js';
import { heldBack, solveNewton } from './newtonSystem.js';
import { completeList, narrowed, type PairList, room, scan } from './pairList.js';
import { allPairs, storedPairs } from './pairs.js';
import { misplacedMass, partLevels } from './partLevels.js';
import { NO_MASS, partsOf } from './parts.js';
import { type Pass, rowPass, rowPassChunked } from './rowPass.js';
import {
  type Defect,
  defectOf,
  EVEN_GAIN,
  largestOf,
  type Settled,
  type Settling,
  type Stride,
  settle,
  systemOf,
  updated,
} from './settle.js';

/** The potentials of a problem at its last temperature. */
export interface NewtonResult {
  /** Before the last update: f = damp T g. */
  readonly f: Float64Array;
  readonly g: Float64Array;
  readonly marginalError: number;
  readonly steps: number;
  /** Passes over all pairs or most of them, those that computed no exponential included. */
  readonly passes: number;
  /** Pairs of the last list. */
  readonly listPairs: number;
  readonly remaining: Remaining;
  /** Whether it was given up at the first temperature, and the rest is worth nothing. */
  readonly isSlow?: boolean;
}

/** What one more step of Newton's method would change. */
export interface Remaining {
  /** The dual value. */
  readonly value: number;
  /**
   * The potentials, by how much they differ among themselves, in temperatures. Infinity where parts of the measures exchange no mass:
   * nothing that has digits says how their potentials lie to each other then.
   */
  readonly potentials: number;
  /** f and g, in temperatures. */
  readonly f: Float64Array;
  readonly g: Float64Array;
}

/** When to stop. */
export interface Stopping {
  /** The L1 marginal error to reach, a share of the mass. */
  readonly target: number;
  /** Steps at a temperature at most. */
  readonly maxIterations: number;
  /** Passes at the first temperature, about: after more of them the start was none, which `isSlow` says. */
  readonly mostFirstPasses?: number;
  /** Pairs that are all kept in memory, 20 bytes each. Default COMPLETE_PAIRS. */
  readonly completePairs?: number;
}

/**
 * The relative marginal error that a temperature of the annealing is left with. Raising it saves steps there and costs more at the next
 * one. As ANNEALING_TOLERANCE of iterate.ts; not measured here.
 */
export const ANNEALING_TARGET = 0.03;
/** Newton steps of such a temperature at most. Raising it only takes time where a temperature is hard. Chosen, not measured. */
const ANNEALING_STEPS = 25;
/** And of the last one. */
const LAST_STEPS = 80;
/**
 * How often that many steps are taken again at the last temperature. Raising it goes on longer where the solve is hard. Chosen, not
 * measured.
 */
const MOST_UNFINISHED = 4;
/**
 * Alternating updates that a temperature begins with: they settle what is quick to settle. Raising it spends them where they settle
 * nothing. Chosen, not measured.
 */
const FIRST_UPDATES = 2;
/** Pairs that are all kept in memory, a number: 5 MB. Raising it takes memory, and saves scans of pairs anew. Chosen, not measured. */
export const COMPLETE_PAIRS = 1 << 18;
/**
 * Of all pairs the share that a list may hold: a longer one saves nothing. Raising it keeps lists that are hardly faster than all pairs.
 * Chosen, not measured.
 */
export const MOST_OF_PAIRS = 0.4;
/** The share of the pairs from which on a list may as well hold them all. Raising it keeps lists that stop steps. Chosen, not measured. */
const NEARLY_ALL = 0.9;
/** Pairs up to which a list may hold them all, a number: 20 MB. */
const SHORT_LIST = 1 << 20;
/** Pairs of a list at most, a number: 20 bytes each, and as many again while it is narrowed. */
const MOST_PAIRS = 1 << 22;
/**
 * In temperatures, how much wider a list is than it has to be, so that it serves a while. Raising it makes lists longer and fewer.
 * Chosen, not measured.
 */
export const MARGIN = 4;
/**
 * Slack in temperatures that lists are narrowed to: e^-45 is 3e-20, and less than float64's last digit for thousands of pairs together.
 */
const NARROW = 45;
/**
 * Of the mass that has to go between far parts, the share that a temperature of the annealing may leave where it is: what has the way of many
 * temperatures before it takes that many steps at the last one. Raising it saves steps at each temperature. Chosen, not measured.
 */
const OF_MISPLACED = 0.1;
/** And the widest that is scanned for. Raising it makes first lists longer. Chosen, not measured. */
const WIDEST = 4000;
/** Lists that are made from all pairs at most. Raising it goes on for longer before the solve gives up. Chosen, not measured. */
const MOST_SCANS = 40;
/** Lists that a temperature is tried with at most; likewise. */
const MOST_ROUNDS = 200;
/**
 * Where all pairs are at hand, lists in a row that are given up before all pairs have a turn. Raising it goes through them less often
 * where lists have to be made anew again and again. Chosen, not measured.
 */
const ROUNDS_ON_LISTS = 3;
/**
 * Steps on all pairs after which a shorter list is made from them again: what keeps a step from going on within a list are pairs that
 * one or two long steps bring near. Raising it makes more passes over all pairs. Found by trial, of 1, 2, 4 and as many as it takes.
 */
const STEPS_ON_ALL_PAIRS = 2;
/**
 * How much wider the next list of a temperature is than the one that was given up. Raising it makes lists longer and fewer. Chosen, not
 * measured.
 */
const WIDENING = 2;
/** And how much wider at most. */
const MOST_WIDENING = 64;
/**
 * Lists in a row that may end a step at a temperature before all pairs are asked how far it goes: parts of the measures far apart exchange
 * next to no mass over thousands of temperatures. Raising it makes more lists first. Chosen, not measured.
 */
const LIMITED_ROUNDS = 4;
/** Rounds after which all pairs are visited to the end. Raising it goes on longer with what does not settle. Chosen, not measured. */
const MOST_SHORT_ROUNDS = 24;
/** Potentials of more than so many of the last temperature are translated towards 0: of 52 digits 30 are left for what it sees. */
const LARGE = 2 ** 22;
/** That is done where it makes them smaller by such a factor at least: ordinary plans at tiny blurs have many parts, and nothing to gain. */
const WORTH_CENTRING = 2 ** 8;
/**
 * The share of a goal that is asked of a list, as pairs outside of it bring the rest. Raising it risks one more list. Chosen, not
 * measured.
 */
const CAUTION = 0.8;
/**
 * Temperatures that lists get wider by where all pairs do not confirm what one says. Raising it makes the next list longer and surer.
 * Chosen, not measured.
 */
const EXTRA_ROOM = 2;
/** The most of them. */
const MOST_EXTRA_ROOM = 6;

/**
 * How many times the error of a list that of all pairs may be where rounding is what a list leaves. Raising it believes lists sooner.
 * Chosen, not measured.
 */
const ROUNDED = 2;
/**
 * How often parts that hardly exchange mass are brought to their level at the last temperature. Raising it takes a few steps where that
 * goes on. Chosen, not measured.
 */
const MOST_LEVELLINGS = 4;
/** What parts may be off their level by, in temperatures. Raising it leaves more in the weights' gradient. Chosen, not measured. */
const LEVEL = 1e-6;

/** How many pairs a list may hold. */
export const mostListed = (rows: number, columns: number): number =>
  Math.min(MOST_PAIRS, Math.max(SHORT_LIST, MOST_OF_PAIRS * rows * columns));

/** All pairs outside of a list weigh exp(-K) of a row at most: K for a marginal error. */
export const neededRoom = (target: number): number => Math.log(1 / target) + 5;

/**
 * Solves a problem by Newton's method, from its first temperature down to its last. Few pairs are all kept; of many those are
 * listed whose slack C - f - g says that they can count, now and at every lower temperature, and the others are looked at again when
 * that is no longer certain and at the end.
 *
 * @returns undefined where nearly all pairs count, so that no list helps.
 */
export function* annealedNewton(
  problem: HostProblem,
  epsilons: readonly number[],
  start: Float64Array,
  { target, maxIterations, mostFirstPasses = Number.POSITIVE_INFINITY, completePairs = COMPLETE_PAIRS }: Stopping,
): Task<NewtonResult | undefined> {
  const { rows, columns } = problem.costs;
  let complete = rows * columns <= completePairs ? completeList(storedPairs(problem)) : undefined;
  const isBalanced = problem.x.rho === Number.POSITIVE_INFINITY && problem.y.rho === Number.POSITIVE_INFINITY;
  const count = { steps: 0, passes: 0, scans: 0 };
  let lists: PairList[] = complete ? [complete] : [];
  let g = start;
  let settled: (Settled & { readonly list: PairList }) | undefined;
  let isSlow = false;
  let spent = 0;
  let widening = 1;
  const isFar = isBalanced && problem.costScale > LARGE * epsilons[epsilons.length - 1];
  temperatures: for (const [index, epsilon] of epsilons.entries()) {
    const isLast = index === epsilons.length - 1;
    let goal = isLast ? target : Math.max(target, ANNEALING_TARGET);
    let needsAll = false;
    let isCentred = !isBalanced;
    let rounds = 0;
    let unfinished = 0;
    let levelled = 0;
    let limited = 0;
    widening = 1;
    for (let extra = 0; ; rounds++) {
      const leastRoom = neededRoom(goal) + extra + strength(g);
      const list: PairList | undefined = needsAll && complete ? complete : yield* validList(epsilon, leastRoom);
      if (!list) return undefined;
      const settling: Settling = {
        epsilon,
        firstUpdates: rounds === 0 ? FIRST_UPDATES : 0,
        target: list === complete ? goal : CAUTION * goal,
        mostSteps: Math.min(
          needsAll && rounds < MOST_SHORT_ROUNDS ? STEPS_ON_ALL_PAIRS : isLast ? LAST_STEPS : ANNEALING_STEPS,
          maxIterations,
        ),
        mostPasses: index === 0 ? mostFirstPasses - spent : Number.POSITIVE_INFINITY,
        leastRoom,
      };
      settled = { ...(yield* settle(problem, list, g, settling)), list };
      count.steps += settled.steps;
      if (list.pairs.length > MOST_OF_PAIRS * rows * columns) count.passes += settled.passes;
      g = settled.g;
      spent += settled.passes;
      limited = settled.stride ? limited + 1 : 0;
      if (settled.stride && limited > LIMITED_ROUNDS) g = yield* strode(settled.stride, epsilon);
      isSlow = index === 0 && spent >= mostFirstPasses && settled.marginalError > goal;
      if (isSlow) break temperatures;
      if (!isCentred && losesDigits(settled.pass.f, g)) {
        isCentred = true;
        const moved = centred(list, settled, g);
        if (moved && (yield* isApart(moved, epsilon))) {
          g = moved.g;
          continue;
        }
      }
      const isThere: boolean = settled.marginalError <= settling.target || settled.isRounding;
      if (isLast && isBalanced && isThere && settled.isValid && levelled < MOST_LEVELLINGS) {
        levelled += 1;
        const { shifts, range } = partLevels(problem, list.pairs, settled.plan, epsilon);
        if (range > LEVEL) {
          g = g.map((value, j) => value + epsilon * shifts[j]);
          continue;
        }
      }
      if (isFar && !isLast && isThere && goal > target) {
        const misplaced = misplacedMass(problem, list.pairs, settled.plan);
        if (misplaced > target) {
          goal = Math.max(target, OF_MISPLACED * misplaced);
          continue;
        }
      }
      if (complete && needsAll && rounds < MOST_SHORT_ROUNDS && settled.marginalError > goal) {
        lists = [complete];
        needsAll = false;
        continue;
      }
      widening = Math.min(WIDENING * widening, MOST_WIDENING);
      const isGivenUp: boolean = settled.isLimited || !settled.isValid;
      needsAll =
        complete !== undefined &&
        ((isGivenUp && rounds % (ROUNDS_ON_LISTS + 1) === ROUNDS_ON_LISTS) || rounds >= MOST_SHORT_ROUNDS);
      if (isGivenUp && count.scans < MOST_SCANS && rounds < MOST_ROUNDS) continue;
      if (list === complete || !isLast) break;
      // What a list says is believed when all pairs say it too.
      const pass = yield* densePass(epsilon);
      const { marginalError } = defectOf(problem, pass, g);
      const isUnfinished: boolean = settled.marginalError > settling.target;
      const isRounding = settled.isRounding && marginalError <= ROUNDED * settled.marginalError;
      settled = { ...settled, pass, marginalError };
      if (marginalError <= target || isRounding || rounds >= MOST_ROUNDS) break;
      // A list that met its goal, which all pairs do not confirm, was too short; another had not come to its end.
      if (isUnfinished) unfinished += 1;
      else extra += EXTRA_ROOM;
      if (unfinished > MOST_UNFINISHED || extra > MOST_EXTRA_ROOM) break;
      lists = complete ? [complete] : [];
    }
  }
  if (!settled) return undefined;
  const epsilon = epsilons[epsilons.length - 1];
  // Newton's method looks at masses: a last update settles the points that have next to none.
  g = updated(problem, settled.pass, g, epsilon);
  const pass = yield* densePass(epsilon);
  const defect = defectOf(problem, pass, g);
  return {
    remaining: remainingOf(problem, settled, defect, epsilon),
    f: pass.f,
    g,
    marginalError: defect.marginalError,
    steps: count.steps,
    passes: count.passes + count.scans,
    listPairs: lists[lists.length - 1]?.pairs.length ?? 0,
    isSlow,
  };

  /** Where mass is destroyed, a row weighs exp(-f / rho): what a list leaves out is small against that too. */
  function strength(at: Float64Array): number {
    if (problem.y.rho === Number.POSITIVE_INFINITY) return 0;
    return Math.max(0, at.reduce((largest, value) => Math.max(largest, value), 0) / problem.y.rho);
  }

  /** Whether potentials are so large that their last digits may show at the last temperature. */
  function losesDigits(f: Float64Array, at: Float64Array): boolean {
    return largestOf(f, at) > LARGE * epsilons[epsilons.length - 1];
  }

  /** Whether no pair of two parts has come to count. */
  function* isApart({ g: at, parts }: Centred, epsilon: number): Task<boolean> {
    const { f } = yield* rowPassChunked({ problem, pairs: complete?.pairs ?? allPairs(problem), g: at, epsilon });
    count.passes += 1;
    const row = new Float64Array(columns);
    for (let i = 0; i < rows; i++) {
      problem.costs.row(i, row);
      for (let j = 0; j < columns; j++) {
        if (parts[i] !== parts[rows + j] && row[j] - f[i] - at[j] < NARROW * epsilon) return false;
      }
    }
    return true;
  }

  function* densePass(epsilon: number, at = g): Task<Pass> {
    count.passes += 1;
    return yield* rowPassChunked({ problem, pairs: complete?.pairs ?? allPairs(problem), g: at, epsilon });
  }

  /** Goes on with a step that a list ended: all pairs say how far the value grows evenly. */
  function* strode({ direction, length }: Stride, epsilon: number): Task<Float64Array> {
    const now = dualValue(problem, (yield* densePass(epsilon)).f, g, epsilon);
    let best = { g, gained: 0 };
    for (let further = length; further + length <= 1; further *= 2) {
      const there = g.map((value, j) => value + further * epsilon * direction[j]);
      const gained = dualValue(problem, (yield* densePass(epsilon, there)).f, there, epsilon) - now;
      if (!(gained > EVEN_GAIN * best.gained)) break;
      best = { g: there, gained };
    }
    return best.g;
  }

  /** The narrowest list that holds every pair that counts at a temperature. */
  function* validList(epsilon: number, leastRoom: number): Task<PairList | undefined> {
    let needed = leastRoom;
    for (let list = lists.at(-1); list; list = lists.at(-1)) {
      // A list that cannot be narrowed to much less is taken as it is.
      if (list === complete && !isWorthNarrowing(epsilon)) return list;
      const { f } = listPass(list, epsilon);
      if (list === complete) count.passes += 1;
      const left = room(list, f, g);
      if (left >= needed * epsilon) {
        const narrower = narrowed(list, f, g, Math.min(left, widening * Math.max(2 * leastRoom, NARROW) * epsilon));
        if (narrower) lists.push(narrower);
        return narrower ?? list;
      }
      lists.pop();
      // A list that was come back to should serve a while.
      needed = leastRoom + 2 * MARGIN;
    }
    const { f } = yield* densePass(epsilon);
    count.scans += 1;
    const found = yield* scan(
      problem,
      f,
      g,
      {
        leastCut: (leastRoom + MARGIN) * epsilon,
        largestCut: WIDEST * epsilon,
        mostPairs: mostListed(rows, columns),
      },
      epsilon,
    );
    if (!found) return undefined;
    // A list of nearly all pairs saves nothing, and stops steps.
    if (found.pairs.length > NEARLY_ALL * rows * columns && rows * columns <= SHORT_LIST) {
      complete = completeList(storedPairs(problem));
      lists = [complete];
      return complete;
    }
    lists = [found];
    const narrower = narrowed(found, f, g, widening * Math.max(2 * leastRoom, NARROW) * epsilon);
    if (narrower) lists.push(narrower);
    return narrower ?? found;
  }

  /** Whether costs are so large against a temperature that many pairs cannot count. */
  function isWorthNarrowing(epsilon: number): boolean {
    return problem.costScale > 2 * NARROW * epsilon;
  }

  function listPass({ pairs }: PairList, epsilon: number): Pass {
    return rowPass({ problem, pairs, g, epsilon, plan: new Float64Array(pairs.length) });
  }
}

/** What the next step would change, solved for to a tenth, by the plan of the last list. */
function remainingOf(
  problem: HostProblem,
  { list, plan, pass: listed }: Settled & { readonly list: PairList },
  defect: Defect,
  epsilon: number,
): Remaining {
  const system = systemOf(problem, list, plan, listed, defect, epsilon);
  const { solution } = solveNewton(system, defect.missing, 0.1, true);
  let [least, largest, decrement] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let j = 0; j < solution.length; j++) {
    least = Math.min(least, solution[j]);
    largest = Math.max(largest, solution[j]);
    decrement += solution[j] * defect.missing[j];
  }
  // Where both marginals are met exactly, a translation of all potentials changes nothing.
  const isBalanced = problem.x.rho === Number.POSITIVE_INFINITY && problem.y.rho === Number.POSITIVE_INFINITY;
  const change = isBalanced ? largest - least : Math.max(largest, -least, largest - least);
  const levels = isBalanced ? partLevels(problem, list.pairs, plan, epsilon) : undefined;
  // Of levels of parts a solution that is held back shows little.
  const lacking = levels ? solution.map((value, j) => value + levels.shifts[j]) : solution;
  return {
    // Mass that soft modes hold back may be anywhere (Altschuler et al. 2017, lemma 7); penalties leave none.
    value:
      epsilon * (Math.abs(decrement) / 2 + (levels?.value ?? 0)) +
      (isBalanced ? (heldBack(system, solution) * problem.costScale) / 4 : 0),
    potentials: change + (levels ? levels.range + levels.open : 0),
    f: rowChanges(list, plan, listed.rowMass, lacking, dampingOf(problem.x, epsilon)),
    g: lacking,
  };
}

/** What f = damp T g changes by with g: minus the mean of the columns' changes under the plan. */
function rowChanges(
  { pairs }: PairList,
  plan: Float64Array,
  rowMass: Float64Array,
  changes: Float64Array,
  damping: number,
): Float64Array {
  return rowMass.map((mass, i) => {
    let total = 0;
    for (let k = pairs.begin(i); k < pairs.end(i); k++) total += plan[k] * changes[pairs.column[k]];
    return (-damping * total) / mass;
  });
}

/** Potentials of columns, and which part of the measures each row and each column is in. */
interface Centred {
  readonly g: Float64Array;
  readonly parts: Uint32Array;
}

/**
 * Translates the potentials of each part of the measures, f + c and g - c, so that both are as small as can be, which changes no
 * entry of the plan within a part. Where parts are far from each other, potentials are as large as the costs between them, and all
 * digits of what happens within a part are lost in them.
 *
 * @returns undefined where that gains no digits.
 */
function centred(list: PairList, { plan, pass }: Settled, g: Float64Array): Centred | undefined {
  const rows = pass.f.length;
  const parts = partsOf(list.pairs, plan, pass.rowMass, pass.columnMass, NO_MASS);
  const nowhere = { least: Number.POSITIVE_INFINITY, largest: Number.NEGATIVE_INFINITY };
  const ranges = Array.from(parts, () => ({ f: nowhere, g: nowhere }));
  for (const [node, part] of parts.entries()) {
    const [side, value] = node < rows ? (['f', pass.f[node]] as const) : (['g', g[node - rows]] as const);
    const { least, largest } = ranges[part][side];
    ranges[part][side] = { least: Math.min(least, value), largest: Math.max(largest, value) };
  }
  const moved = g.map((value, j) => {
    const { f: ofRows, g: ofColumns } = ranges[parts[rows + j]];
    const shift = (ofColumns.least + ofColumns.largest - ofRows.least - ofRows.largest) / 4;
    return Number.isFinite(shift) ? value - shift : value;
  });
  const range = ({ least, largest }: typeof nowhere) => Math.max(0, largest - least);
  const left = ranges.reduce(
    (most, { f: ofRows, g: ofColumns }) => Math.max(most, range(ofRows) + range(ofColumns)),
    0,
  );
  return largestOf(pass.f, g) > WORTH_CENTRING * left ? { g: moved, parts } : undefined;
}

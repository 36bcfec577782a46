import type { Task } from '../../tasks/task.js';
import { type Centred, centredByPart } from './centredByPart.js';
import { dualValue } from './dualValue.js';
import type { HostProblem } from './hostProblem.js';
import { COMPLETE_PAIRS, MOST_OF_PAIRS, NARROW, neededRoom } from './listSizes.js';
import type { PairList } from './pairList.js';
import { pairLists } from './pairLists.js';
import { misplacedMass, partLevels } from './partLevels.js';
import { type Remaining, remainingOf } from './remaining.js';
import { defectOf, EVEN_GAIN, largestOf, type Settled, type Settling, type Stride, settle, updated } from './settle.js';

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
/**
 * Of the mass that has to go between far parts, the share that a temperature of the annealing may leave where it is: what has the way of many
 * temperatures before it takes that many steps at the last one. Raising it saves steps at each temperature. Chosen, not measured.
 */
const OF_MISPLACED = 0.1;
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
  const lists = pairLists(problem, rows * columns <= completePairs);
  const isBalanced = problem.x.rho === Number.POSITIVE_INFINITY && problem.y.rho === Number.POSITIVE_INFINITY;
  const count = { steps: 0, passes: 0 };
  let g = start;
  let settled: (Settled & { readonly list: PairList }) | undefined;
  let isSlow = false;
  let spent = 0;
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
    let widening = 1;
    for (let extra = 0; ; rounds++) {
      const leastRoom = neededRoom(goal) + extra;
      const list: PairList | undefined =
        needsAll && lists.complete ? lists.complete : yield* lists.valid(g, { epsilon, leastRoom, widening });
      if (!list) return undefined;
      const isComplete: boolean = list === lists.complete;
      const settling: Settling = {
        epsilon,
        firstUpdates: rounds === 0 ? FIRST_UPDATES : 0,
        target: isComplete ? goal : CAUTION * goal,
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
        const moved = centredByPart(list, settled, g);
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
      if (lists.complete && needsAll && rounds < MOST_SHORT_ROUNDS && settled.marginalError > goal) {
        lists.restart();
        needsAll = false;
        continue;
      }
      widening = Math.min(WIDENING * widening, MOST_WIDENING);
      const isGivenUp: boolean = settled.isLimited || !settled.isValid;
      needsAll =
        lists.complete !== undefined &&
        ((isGivenUp && rounds % (ROUNDS_ON_LISTS + 1) === ROUNDS_ON_LISTS) || rounds >= MOST_SHORT_ROUNDS);
      if (isGivenUp && lists.scans < MOST_SCANS && rounds < MOST_ROUNDS) continue;
      if (isComplete || !isLast) break;
      // What a list says is believed when all pairs say it too.
      const pass = yield* lists.all(g, epsilon);
      const { marginalError } = defectOf(problem, pass, g);
      const isUnfinished: boolean = settled.marginalError > settling.target;
      const isRounding = settled.isRounding && marginalError <= ROUNDED * settled.marginalError;
      settled = { ...settled, pass, marginalError };
      if (marginalError <= target || isRounding || rounds >= MOST_ROUNDS) break;
      // A list that met its goal, which all pairs do not confirm, was too short; another had not come to its end.
      if (isUnfinished) unfinished += 1;
      else extra += EXTRA_ROOM;
      if (unfinished > MOST_UNFINISHED || extra > MOST_EXTRA_ROOM) break;
      lists.restart();
    }
  }
  if (!settled) return undefined;
  const epsilon = epsilons[epsilons.length - 1];
  // Newton's method looks at masses: a last update settles the points that have next to none.
  g = updated(problem, settled.pass, g, epsilon);
  const pass = yield* lists.all(g, epsilon);
  const defect = defectOf(problem, pass, g);
  return {
    remaining: yield* remainingOf(problem, settled, defect, epsilon),
    f: pass.f,
    g,
    marginalError: defect.marginalError,
    steps: count.steps,
    passes: count.passes + lists.passes + lists.scans,
    listPairs: lists.narrowest?.pairs.length ?? 0,
    isSlow,
  };

  /** Whether potentials are so large that their last digits may show at the last temperature. */
  function losesDigits(f: Float64Array, at: Float64Array): boolean {
    return largestOf(f, at) > LARGE * epsilons[epsilons.length - 1];
  }

  /** Whether no pair of two parts has come to count. */
  function* isApart({ g: at, parts }: Centred, epsilon: number): Task<boolean> {
    const { f } = yield* lists.all(at, epsilon);
    const row = new Float64Array(columns);
    for (let i = 0; i < rows; i++) {
      problem.costs.row(i, row);
      for (let j = 0; j < columns; j++) {
        if (parts[i] !== parts[rows + j] && row[j] - f[i] - at[j] < NARROW * epsilon) return false;
      }
    }
    return true;
  }

  /** Goes on with a step that a list ended: all pairs say how far the value grows evenly. */
  function* strode({ direction, length }: Stride, epsilon: number): Task<Float64Array> {
    const now = dualValue(problem, (yield* lists.all(g, epsilon)).f, g, epsilon);
    let best = { g, gained: 0 };
    for (let further = length; further + length <= 1; further *= 2) {
      const there = g.map((value, j) => value + further * epsilon * direction[j]);
      const gained = dualValue(problem, (yield* lists.all(there, epsilon)).f, there, epsilon) - now;
      if (!(gained > EVEN_GAIN * best.gained)) break;
      best = { g: there, gained };
    }
    return best.g;
  }
}

import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { chunked } from '../../tasks/chunked.js';
import { report, type Task } from '../../tasks/task.js';
import { lackOf } from '../marginalError.js';
import { selfSlowness } from '../selfSlowness.js';
import type { Stopping } from './annealedNewton.js';
import { finestScale, type HostProblem } from './hostProblem.js';
import { COMPLETE_PAIRS, MARGIN, MOST_OF_PAIRS, mostListed, neededRoom } from './listSizes.js';
import { type PairList, room, scan } from './pairList.js';
import { allPairs, type Pairs, storedPairs } from './pairs.js';
import { PAIRS_AT_ONCE, rowSoftmin } from './rowPass.js';

/** The potential of a measure with itself. */
export interface SelfUpdates {
  readonly f: Float64Array;
  /** What f lacks, about, in temperatures: at most what its last update would change, but where updates turned out to be slow. */
  readonly missing: Float64Array;
  readonly marginalError: number;
  /** Over all pairs, those that computed no exponential included. */
  readonly passes: number;
}

/** How far an update goes far from the solution: half the way, which is safe. */
const FIRST_FACTOR = 1 / 2;
/** Such updates at first. Raising it is slower, and safer. Chosen, not measured. */
const FIRST_UPDATES = 2;
/**
 * Near it the residual's eigenvalues are between 1 and 2: steps of 2/3 leave a third of any error, and Chebyshev's
 * acceleration for that interval a sixth (Golub and Varga 1961).
 */
const FACTOR = 2 / 3;
const RADIUS = 1 / 3;
const MOST_UPDATES = 200;
/**
 * Where IDLE_UPDATES updates one after the other leave more than this share of the least error there was, it is what rounding leaves.
 * Raising it goes on for longer at the last digits. Chosen, not measured.
 */
const IDLE_RATE = 0.9;
const IDLE_UPDATES = 4;
/** Lists of the pairs that count, made from all of them, at most. Raising it tries again where potentials still move far. Chosen, not measured. */
const MOST_SCANS = 3;
/** Slack in temperatures of a list at most: beyond it nothing has a digit. */
const WIDEST = 90;

/** Solves f = damp T f by averaged updates, which need no annealing, to a marginal error or to what rounding leaves. */
export function* selfUpdates(
  problem: HostProblem,
  epsilon: number,
  start: Float64Array,
  { target, maxIterations }: Stopping,
): Task<SelfUpdates> {
  const { costs, costScale, x } = problem;
  const count = costs.rows;
  const damp = damping(epsilon, x.rho);
  const scale = finestScale(problem, epsilon);
  const updated = new Float64Array(count);
  const entries = new Float64Array(count);
  const isFew = count ** 2 <= COMPLETE_PAIRS;
  const all = isFew ? storedPairs(problem) : allPairs(problem);
  const needed = neededRoom(target) * epsilon;
  let list: PairList | undefined;
  let scans = isFew || x.rho < Number.POSITIVE_INFINITY ? MOST_SCANS : 0;
  let f = start;
  let earlier = start;
  let acceleration = 1;
  let least = Number.POSITIVE_INFINITY;
  /** Each less than all before it. */
  const errors: number[] = [];
  let idle = 0;
  let dense = 0;
  for (let passes = 1; ; passes++) {
    // After the first updates potentials move little: the pairs that count are the same from there on.
    if (!list && scans < MOST_SCANS && passes > FIRST_UPDATES + 2) {
      scans += 1;
      dense += 1;
      const limits = {
        leastCut: needed + MARGIN * epsilon,
        largestCut: WIDEST * epsilon,
        mostPairs: Math.min(mostListed(count, count), MOST_OF_PAIRS * count ** 2),
      };
      list = yield* scan(problem, f, f, limits, epsilon);
      if (!list) scans = MOST_SCANS;
    }
    if (list && room(list, f, f) < needed) list = undefined;
    const pairs: Pairs = list?.pairs ?? all;
    if (!list) dense += 1;
    const softmin = rowSoftmin({ columns: x, costScale, g: f, epsilon, pairs });
    const update = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const begin = pairs.begin(i);
        updated[i] = damp * softmin(entries, begin, begin, pairs.end(i));
      }
    };
    yield* chunked(count, update, Math.ceil(PAIRS_AT_ONCE / count));
    let marginalError = 0;
    for (let i = 0; i < count; i++) {
      marginalError += (x.weights[i] * lackOf(f[i] - updated[i], scale)) / x.mass;
    }
    yield* report({ stage: 'debiasing', iteration: passes, epsilon, marginalError });
    idle = marginalError > IDLE_RATE * least ? idle + 1 : 0;
    const isIdle = marginalError < 1e-3 && idle >= IDLE_UPDATES;
    if (list && (marginalError <= target || isIdle)) {
      // What a list says is believed when all pairs say it too.
      list = undefined;
      scans = MOST_SCANS;
      continue;
    }
    if (marginalError <= target || passes >= Math.min(MOST_UPDATES, maxIterations) || isIdle) {
      const slowness = selfSlowness(errors, FACTOR) / epsilon;
      return { f, missing: f.map((value, i) => slowness * (updated[i] - value)), marginalError, passes: dense };
    }
    if (marginalError < least) errors.push(marginalError);
    least = Math.min(least, marginalError);
    // The first of the accelerated updates has none before it to go on from.
    const near = passes - FIRST_UPDATES;
    const isNear = near > 0;
    acceleration = near > 1 ? 1 / (1 - (RADIUS * RADIUS * acceleration) / (near === 2 ? 2 : 4)) : 1;
    const factor = isNear ? FACTOR : FIRST_FACTOR;
    const last = f;
    const previous = isNear ? earlier : f;
    const weight = acceleration;
    f = f.map((value, i) => previous[i] + weight * (value + factor * (updated[i] - value) - previous[i]));
    earlier = last;
  }
}

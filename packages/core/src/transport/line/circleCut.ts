import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { lineCost } from './lineCost.js';
import type { Sorted } from './walk.js';

/** Cumulated shares that differ by less are the same: they are rounded to some units of the last place of 1. */
export const SAME = 8 * Number.EPSILON;

/** So many secants have to bring the ends together as bisections do, or a bisection follows. Chosen, not measured. */
const STEPS_TOGETHER = 3;

/** Where both sides of a circle are cut, so that what is left is a line: the first point after it of x, and of y beyond any turn. */
export interface Cut {
  readonly i: number;
  readonly j: number;
}

/** What is known of a shift. */
interface Comparison {
  readonly above: number;
  readonly below: number;
  readonly gapAbove: number;
  readonly gapBelow: number;
  readonly cut: Cut;
  readonly meets: boolean;
}

/**
 * The cut of an optimal plan on a circle: the shift theta of one cumulative mass against the other that makes
 * integral c(F^-1(s) - G^-1(s + theta)) ds least. It is convex in theta, and least where jumps of both meet (Delon, Salomon and
 * Sobolevski, "Fast transport optimization for Monge costs on the circle", 2010). Its slope, which rises nearly evenly where there are
 * many points, has its root between two ends that secants and bisections bring together.
 *
 * Each point has more than `SAME` of the mass.
 */
export function* circleCut(x: Sorted, y: Sorted, p: number, period: number): Task<Cut> {
  const [atX, atY] = [endsOf(x.masses), endsOf(y.masses)];
  const [count, others] = [atX.length, atY.length];
  let [low, high] = [-1, 1];
  // The slopes at both ends, where they are known.
  let [atLow, atHigh] = [Number.NaN, Number.NaN];
  let theta = 0;
  let width = high - low;
  let moved: 'low' | 'high' | undefined;
  for (let step = 1; ; step++) {
    const here = yield* compare(theta);
    if (here.above < 0) {
      // An end that stays twice counts half, or secants creep up to the other one (the Illinois rule).
      if (moved === 'low') atHigh /= 2;
      [low, atLow, moved] = [theta + here.gapBelow, here.above, 'low'];
    } else if (here.below > 0) {
      if (moved === 'high') atLow /= 2;
      [high, atHigh, moved] = [theta - here.gapAbove, here.below, 'high'];
    } else return here.meets ? here.cut : (yield* compare(theta + here.gapBelow)).cut;
    if (high - low <= SAME) return (yield* compare(low)).cut;
    const isLagging = step % STEPS_TOGETHER === 0 && high - low > width / 2 ** STEPS_TOGETHER;
    if (step % STEPS_TOGETHER === 0) width = high - low;
    const share = isLagging || !(atLow < 0 && atHigh > 0) ? 1 / 2 : atLow / (atLow - atHigh);
    // Next to an end the place between may be it: there is no number between.
    theta = low + share * (high - low);
    if (theta <= low || theta >= high) theta = (low + high) / 2;
    if (theta <= low || theta >= high) return (yield* compare(low)).cut;
  }

  /** The slopes above and below a shift, how far the next meetings are either way, and the two jumps that are nearest. */
  function* compare(shift: number): Task<Comparison> {
    let [above, below, gapAbove, gapBelow, nearest] = [0, 0, Infinity, Infinity, Infinity];
    let cut: Cut = { i: 0, j: 0 };
    // The first jump of y that falls into (0, 1] there.
    let j = 0;
    while (jump(j - 1) - shift > SAME) j--;
    while (jump(j) - shift <= SAME) j++;
    let i = 0;
    const visit = () => {
      const s = jump(j) - shift;
      while (i < count - 1 && atX[i] < s - SAME) i++;
      // x's point just below s is i; s meets i's end, or lies before it.
      const toEnd = atX[i] - s;
      const isMet = toEnd <= SAME;
      const start = i === 0 ? 0 : atX[i - 1];
      gapBelow = Math.min(gapBelow, s - start);
      gapAbove = Math.min(gapAbove, isMet ? (i + 1 < count ? atX[i + 1] : 1 + atX[0]) - s : toEnd);
      const [from, to] = [placeOf(y, j, others, period), placeOf(y, j + 1, others, period)];
      const before = placeOf(x, i, count, period);
      const after = isMet ? placeOf(x, i + 1, count, period) : before;
      above += lineCost(before - to, p) - lineCost(before - from, p);
      below += lineCost(after - to, p) - lineCost(after - from, p);
      if (Math.abs(toEnd) < nearest) {
        nearest = Math.abs(toEnd);
        cut = { i: i + 1, j: j + 1 };
      }
      j++;
    };
    yield* chunked(others, (from, to) => {
      for (let k = from; k < to; k++) visit();
    });
    return { above, below, gapAbove, gapBelow, cut, meets: nearest <= SAME };
  }

  function jump(j: number): number {
    const turns = Math.floor(j / others);
    return atY[j - turns * others] + turns;
  }
}

function placeOf({ at }: Sorted, place: number, count: number, period: number): number {
  const turns = Math.floor(place / count);
  return at[place - turns * count] + turns * period;
}

/** Where the share of each point ends, the last one at 1: sums that are compensated, so that all are right to the last places. */
function endsOf(masses: Float64Array): Float64Array {
  const ends = new Float64Array(masses.length);
  let [sum, carry] = [0, 0];
  for (let k = 0; k < masses.length; k++) {
    const term = masses[k] - carry;
    const next = sum + term;
    carry = next - sum - term;
    sum = next;
    ends[k] = sum;
  }
  for (let k = 0; k < ends.length; k++) ends[k] /= sum;
  return ends;
}

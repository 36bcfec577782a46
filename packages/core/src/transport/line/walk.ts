import { pause, type Task } from '../../tasks/task.js';
import { lineCost } from './lineCost.js';

/** A remainder of so much of the largest weight is rounding: kept, it would be a pair of its own and decide potentials. */
const SLIVER = 1e-15;

/** Steps between two places where a walk can be interrupted: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
const STEPS_AT_ONCE = 65_536;

/** A measure in the order of its points, all of which have weight. */
export interface Sorted {
  readonly at: Float64Array;
  readonly masses: Float64Array;
}

/** The pairs that exchange mass, in order: places in both sorted measures, and how much. The first `count` hold. */
export interface Steps {
  readonly i: Uint32Array;
  readonly j: Uint32Array;
  readonly mass: Float64Array;
  count: number;
}

/** Room for the steps between measures of so many points. */
export const stepsFor = (one: number, other: number): Steps => ({
  i: new Uint32Array(one + other - 1),
  j: new Uint32Array(one + other - 1),
  mass: new Float64Array(one + other - 1),
  count: 0,
});

/**
 * The optimal plan for a convex cost of the difference: both cumulative masses visited together (the north-west corner rule on
 * sorted points; Santambrogio, "Optimal Transport for Applied Mathematicians", 2015, section 2.2).
 *
 * The last point of either side takes what is left, which is more or less than it has by rounding: `lost` tells how much mass that is, and
 * `farthest` how far mass goes at most.
 */
export function* walk(
  x: Sorted,
  y: Sorted,
  p: number,
  steps: Steps,
): Task<{ value: number; lost: number; farthest: number }> {
  const sliver = SLIVER * Math.max(largest(x.masses), largest(y.masses));
  const start = {
    i: 0,
    j: 0,
    left: x.masses[0],
    right: y.masses[0],
    value: 0,
    carry: 0,
    lost: 0,
    farthest: 0,
    isDone: false,
  };
  steps.count = 0;
  let state: WalkState = start;
  while (!state.isDone) {
    yield* pause();
    state = walkOn(x, y, p, steps, sliver, state);
  }
  const { value, lost, farthest, left, right } = state;
  return { value, lost: lost + Math.abs(left) + Math.abs(right), farthest };
}

/** Where a walk stands. */
interface WalkState {
  readonly i: number;
  readonly j: number;
  /** What is left of the mass of both points. */
  readonly left: number;
  readonly right: number;
  readonly value: number;
  readonly carry: number;
  readonly lost: number;
  readonly farthest: number;
  readonly isDone: boolean;
}

/** Some steps of a walk: a plain function, which engines make several times as fast as one that yields. */
function walkOn(x: Sorted, y: Sorted, p: number, steps: Steps, sliver: number, state: WalkState): WalkState {
  const { i: rows, j: columns, mass: moved } = steps;
  const [xAt, yAt, a, b] = [x.at, y.at, x.masses, y.masses];
  const [lastI, lastJ] = [a.length - 1, b.length - 1];
  let { i, j, left, right, value, carry, lost, farthest, isDone } = state;
  let { count } = steps;
  for (const end = count + STEPS_AT_ONCE; !isDone && count < end; ) {
    // Of the last point of a side nothing is left over for a further one.
    const mass = i === lastI && j < lastJ ? right : j === lastJ && i < lastI ? left : leastAboveZero(left, right);
    rows[count] = i;
    columns[count] = j;
    moved[count++] = mass;
    // Compensated: as many terms as points add up.
    const difference = xAt[i] - yAt[j];
    farthest = Math.max(farthest, Math.abs(difference));
    const term = mass * lineCost(difference, p) - carry;
    const sum = value + term;
    carry = sum - value - term;
    value = sum;
    left -= mass;
    right -= mass;
    const endsI = i < lastI && (left <= sliver || j === lastJ);
    const endsJ = j < lastJ && (right <= sliver || i === lastI);
    isDone = !endsI && !endsJ;
    if (endsI) {
      lost += Math.abs(left);
      left = a[++i];
    }
    if (endsJ) {
      lost += Math.abs(right);
      right = b[++j];
    }
  }
  steps.count = count;
  return { i, j, left, right, value, carry, lost, farthest, isDone };
}

const leastAboveZero = (one: number, other: number): number => {
  const least = Math.min(one, other);
  return least > 0 ? least : Math.max(one, other);
};

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

import type { Preconditioner } from '../../linear/approximateCholesky.js';
import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { pause, report, type Task } from '../../tasks/task.js';
import { dualValue } from './dualValue.js';
import { type HostProblem, massTaken, ofWhatIsLeft } from './hostProblem.js';
import type { NewtonSystem } from './newtonSystem.js';
import { type PairList, room } from './pairList.js';
import { type Pass, rowPass } from './rowPass.js';
import { solveNewtonSystem } from './solveNewtonSystem.js';

/** When to stop at a temperature. */
export interface Settling {
  readonly epsilon: number;
  /** The L1 marginal error to reach, a share of the mass. */
  readonly target: number;
  readonly mostSteps: number;
  /** Passes over the list, those of line searches included. */
  readonly mostPasses: number;
  /** What a list's room must be at least, in temperatures. */
  readonly leastRoom: number;
  /** Alternating updates to begin with, whatever they leave. */
  readonly firstUpdates: number;
}

/** Where a temperature was left. */
export interface Settled {
  readonly g: Float64Array;
  readonly pass: Pass;
  /** The plan's entries on the list. */
  readonly plan: Float64Array;
  readonly marginalError: number;
  readonly steps: number;
  /** Passes over the pairs of the list. */
  readonly passes: number;
  /** Whether the list still holds every pair that counts, and whether it kept a step from going on. */
  readonly isValid: boolean;
  readonly isLimited: boolean;
  /** Whether what is left is rounding. */
  readonly isRounding: boolean;
  /** The step that the list ended, where it did. */
  readonly stride?: Stride;
}

/** A direction that the value grows in, and how far it was followed. */
export interface Stride {
  /** In temperatures. */
  readonly direction: Float64Array;
  /** A share of the direction. */
  readonly length: number;
}

/**
 * The share of the error that an alternating update may leave to be followed by another: Newton's method is for what is slower. Raising
 * it makes more updates, each a pass where a Newton step is several. Chosen, not measured by itself.
 */
const EASY_RATE = 0.2;
/**
 * The longest step of a potential, in temperatures: beyond it the quadratic model says nothing, and exponentials come near float64's last
 * digits. Chosen, not measured.
 */
const LONGEST_STEP = 40;
/** Halvings of a step at most: to 1e-9 of it, where rounding hides what it gains. */
const MOST_HALVINGS = 30;
/**
 * A step twice as long is taken where it gains so many times as much: 2 where the value grows evenly, as where mass has to go between far
 * clusters. Raising it doubles less often. Chosen, not measured.
 */
export const EVEN_GAIN = 1.5;
/**
 * Of the increase that the slope foretells, the share from which on the value counts as growing evenly. Raising it goes beyond fewer steps.
 * Between 1/2, a step of Newton's, and 1. Chosen, not measured.
 */
const EVENLY = 0.9;
/**
 * Of the increase that the slope foretells, the share that a step must bring (Armijo's rule; 1e-4 is Nocedal and Wright's, 2006, section
 * 3.1).
 */
const LEAST_INCREASE = 1e-4;
/** Rounding of a sum, relative to its size: a smaller decrease is none. */
const ROUNDING = 1e-15;
/** What rounding may leave of a marginal error, for each temperature that the largest potential is long: 16 last digits. */
const NOISE = 2 ** -48;
/**
 * Steps in a row that leave the error as it is, after which rounding is what is left of it. Raising it takes time. Chosen, not measured.
 */
const MOST_IDLE_STEPS = 3;

/**
 * The share of a column's weight below which its mass has lost digits, and only logarithms tell what there is: near the least number of float64,
 * 1e-308. Chosen, not measured.
 */
const NOTHING = 1e-280;

const isNothing = ({ weights }: HostProblem['y'], mass: number, j: number): boolean => mass < NOTHING * weights[j];

/** What a plan lacks at the columns. */
export interface Defect {
  /** The masses that the columns should receive at g. */
  readonly wanted: Float64Array;
  /** wanted - received */
  readonly missing: Float64Array;
  /** sum_j b_j |c_j / t_j - 1| over the mass. */
  readonly marginalError: number;
}

/** What the plan of a pass lacks at the columns: its rows are right by construction. */
export function defectOf({ y }: HostProblem, { columnMass }: Pass, g: Float64Array): Defect {
  const wanted = new Float64Array(g.length);
  const missing = new Float64Array(g.length);
  let error = 0;
  for (let j = 0; j < g.length; j++) {
    wanted[j] = massTaken(y, y.weights[j], g[j]);
    missing[j] = wanted[j] - columnMass[j];
    if (!isNothing(y, wanted[j], j) || !isNothing(y, columnMass[j], j)) {
      error += y.weights[j] * Math.abs(missing[j] / Math.max(wanted[j], Number.MIN_VALUE));
    }
  }
  return { wanted, missing, marginalError: error / y.mass };
}

/** The largest size of potentials: that of the costs which count, whose last digits a plan's entries depend on. */
export const largestOf = (...potentials: readonly Float64Array[]): number =>
  potentials.reduce((most, values) => values.reduce((up, value) => Math.max(up, Math.abs(value)), most), 0);

/** The system of Newton's method at a pass whose plan is known. */
export function systemOf(
  { x, y }: HostProblem,
  { pairs }: PairList,
  plan: Float64Array,
  { rowMass, columnMass }: Pass,
  { wanted }: Defect,
  epsilon: number,
): NewtonSystem {
  const rowGround = rowMass.map((mass) => (epsilon / x.rho) * mass);
  const columnGround = wanted.map((mass) => (epsilon / y.rho) * mass);
  return {
    pairs,
    plan,
    row: rowMass.map((mass, i) => mass + rowGround[i]),
    // A column that receives nothing yet still has a weight in the system.
    column: columnMass.map((mass, j) => {
      const due = isNothing(y, wanted[j], j) ? y.weights[j] : wanted[j];
      return Math.max(mass, LEAST_SHARE * due) + columnGround[j];
    }),
    rowGround,
    columnGround,
  };
}

/** A share of the mass below which entries count as this where they are divided by: rounding of sums is as large. */
const LEAST_SHARE = 1e-14;

/** g after an update: damp T'f, from what the columns received, and where that is too little for a number, from costs. */
export function updated(problem: HostProblem, { f, columnMass }: Pass, g: Float64Array, epsilon: number): Float64Array {
  const { y } = problem;
  const damp = damping(epsilon, y.rho);
  const found = g.map((value, j) => damp * (value - epsilon * Math.log(columnMass[j] / y.weights[j])));
  const lost = Array.from(columnMass.keys()).filter((j) => isNothing(y, columnMass[j], j));
  const softmins = softminsOf(problem, f, lost, epsilon);
  lost.forEach((j, k) => {
    found[j] = damp * softmins[k];
  });
  return found;
}

/** T'f at some columns, over all rows. */
function softminsOf(
  { costs, x }: HostProblem,
  f: Float64Array,
  columns: readonly number[],
  epsilon: number,
): Float64Array {
  const largest = new Float64Array(columns.length).fill(Number.NEGATIVE_INFINITY);
  const total = new Float64Array(columns.length);
  if (columns.length === 0) return total;
  const row = new Float64Array(costs.columns);
  for (let i = 0; i < costs.rows; i++) {
    costs.row(i, row);
    columns.forEach((j, k) => {
      const score = (f[i] - row[j]) / epsilon + x.logWeights[i];
      if (score > largest[k]) {
        total[k] = total[k] * Math.exp(largest[k] - score) + 1;
        largest[k] = score;
      } else total[k] += Math.exp(score - largest[k]);
    });
  }
  return total.map((sum, k) => -epsilon * (largest[k] + Math.log(sum)));
}

/**
 * Brings g to a marginal error at one temperature, on a list of pairs: alternating updates where they halve the error, Newton's
 * method with a line search along the dual value elsewhere.
 */
export function* settle(
  problem: HostProblem,
  list: PairList,
  start: Float64Array,
  { epsilon, target, mostSteps, mostPasses, leastRoom, firstUpdates }: Settling,
): Task<Settled> {
  const { pairs } = list;
  let plan = new Float64Array(pairs.length);
  let trial = new Float64Array(pairs.length);
  let g = start;
  let passes = 0;
  const passAt = (at: Float64Array, into: Float64Array): Task<Pass> => {
    passes += 1;
    return rowPass({ problem, pairs, g: at, epsilon, plan: into });
  };
  let pass = yield* passAt(g, plan);
  const roomAt = (f: Float64Array, at: Float64Array) =>
    room(list, ofWhatIsLeft(problem.x, f, epsilon), ofWhatIsLeft(problem.y, at, epsilon));
  const noise = NOISE * (1 + largestOf(pass.f, g) / epsilon);
  let factors: Preconditioner | undefined;
  let isLimited = false;
  let stride: Stride | undefined;
  let before = Number.POSITIVE_INFINITY;
  let best = Number.POSITIVE_INFINITY;
  let idle = 0;
  for (let steps = 0; ; steps++) {
    const defect = defectOf(problem, pass, g);
    const { marginalError } = defect;
    yield* report({ stage: 'converging', iteration: steps + 1, epsilon, marginalError });
    const isValid = roomAt(pass.f, g) >= leastRoom * epsilon;
    idle = marginalError < 0.9 * best ? 0 : idle + 1;
    best = Math.min(best, marginalError);
    const isRounding = idle >= MOST_IDLE_STEPS && marginalError < noise;
    const isDone = marginalError <= target || steps >= mostSteps || passes >= mostPasses || isRounding;
    if (!isValid || isLimited || isDone) {
      return { g, pass, plan, marginalError, steps, passes, isValid, isLimited, isRounding, stride };
    }

    // What a column lacks that receives nothing is no step of Newton's method.
    const isStarved = defect.wanted.some(
      (mass, j) => !isNothing(problem.y, mass, j) && isNothing(problem.y, pass.columnMass[j], j),
    );
    if (steps < firstUpdates || isStarved || marginalError <= EASY_RATE * before) {
      before = marginalError;
      g = updated(problem, pass, g, epsilon);
      pass = yield* passAt(g, plan);
      continue;
    }
    // Newton's steps are judged by the dual value, so the next update is tried when these have brought the error down.
    before = 0;
    const solved = yield* solveNewtonSystem(
      systemOf(problem, list, plan, pass, defect, epsilon),
      defect.missing,
      Math.max(Math.min(0.1, Math.max(1e-6, 0.3 * marginalError)), (0.1 * target) / marginalError),
      false,
      factors,
    );
    factors = solved.factors;
    const moved = yield* search(solved.solution);
    if (moved) {
      g = moved.g;
      pass = moved.pass;
      [plan, trial] = [trial, plan];
    } else {
      g = updated(problem, pass, g, epsilon);
      pass = yield* passAt(g, plan);
    }

    /** The longest step along a direction, in temperatures, that the dual value gains by. */
    function* search(direction: Float64Array): Task<{ g: Float64Array; pass: Pass } | undefined> {
      let [least, largest, slope] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
      for (let j = 0; j < direction.length; j++) {
        least = Math.min(least, direction[j]);
        largest = Math.max(largest, direction[j]);
        slope += epsilon * direction[j] * defect.missing[j];
      }
      const now = dualValue(problem, pass.f, g, epsilon);
      // Where mass may be destroyed nothing climbs far, and near the end roundings look like even growth.
      const isBalanced = problem.x.rho === Number.POSITIVE_INFINITY && problem.y.rho === Number.POSITIVE_INFINITY;
      let step = Math.min(1, LONGEST_STEP / (largest - least));
      const at = function* (length: number, into: Float64Array) {
        const there = g.map((value, j) => value + length * epsilon * direction[j]);
        const found = yield* passAt(there, into);
        const gained = dualValue(problem, found.f, there, epsilon) - now;
        return {
          g: there,
          pass: found,
          length,
          gained,
          isEnough: gained >= LEAST_INCREASE * length * slope - ROUNDING * Math.abs(now),
        };
      };
      for (let halving = 0; halving < MOST_HALVINGS; halving++, step /= 2) {
        let found = yield* at(step, trial);
        yield* pause();
        if (!found.isEnough) continue;
        // Mass that has to go from one cluster to another moves nothing until potentials meet: the value grows evenly up to there, which
        // may be far beyond the whole step. A step of Newton's gains half of what its slope foretells where the value is as it takes it to be.
        const isEven = () => isBalanced && found.gained > EVENLY * found.length * slope;
        for (let longer = 2 * step; halving === 0 && (longer <= 1 || isEven()); longer *= 2) {
          const further = yield* at(longer, plan);
          yield* pause();
          // What a list leaves out is what such a step runs into.
          isLimited = roomAt(further.pass.f, further.g) < leastRoom * epsilon;
          if (isLimited) stride = { direction, length: longer / 2 };
          if (isLimited || !(further.isEnough && further.gained > EVEN_GAIN * found.gained)) break;
          found = further;
          [plan, trial] = [trial, plan];
        }
        return found;
      }
      return undefined;
    }
  }
}

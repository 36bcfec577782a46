import { type Answer, norm } from './oracle/oracle.js';
import type { Problem } from './problem.js';
import type { Result } from './result.js';

/** What a result is accurate to where it does not say: the library's default. */
const DEFAULT_ACCURACY = 1e-3;
/** How much larger an error may be than what was stated. */
const ROOM = 2;
/**
 * The least value that counts where none is stated, as a share of mass times diameter^p: what the arithmetic of the backend leaves of
 * sums of that size.
 */
const FLOORS = { float32: 1e-6, float64: 1e-12 };

/** One part of a result against the truth. */
export interface Comparison {
  /** Relative to the larger one of truth and floor, with the truth at its best for the result. */
  readonly error: number;
  /** How far the truth itself may be off, in the same units. */
  readonly unsure: number;
  readonly stated: number;
}

export type Part = 'value' | 'points' | 'weights';
/**
 * `wrong`: called accurate, and off by more than what was stated. `unsure`: the oracle does not know well enough. `refused` and
 * `cautious`: not called accurate, with and without reason.
 */
export type Outcome = 'right' | 'wrong' | 'unsure' | 'refused' | 'cautious';

export interface Verdict {
  readonly parts: Readonly<Record<Part, Comparison>>;
  readonly outcomes: Readonly<Record<Part, Outcome>>;
  readonly outcome: Outcome;
}

export function judge(problem: Problem, result: Result, truth: Answer, precision: 'float32' | 'float64'): Verdict {
  const { a, b, p, blur, reach } = problem;
  const diameter = problem.isPoint ? blur : problem.diameter;
  const mass = Math.max(sum(a), sum(b));
  const floor = result.floor ?? FLOORS[precision] * mass * diameter ** p;
  const value: Comparison = {
    ...relative(Math.abs(result.value - truth.value), truth.valueError, Math.max(Math.abs(truth.value), floor)),
    stated: result.valueError ?? DEFAULT_ACCURACY,
  };
  const gradient = (
    given: ArrayLike<number>,
    known: Answer['points'],
    least: number,
    stated = result.gradientError,
  ): Comparison => ({
    ...relative(distance(given, known.values), known.error, Math.max(norm(known.values), least)),
    stated: stated ?? DEFAULT_ACCURACY,
  });
  const isBalanced = reach.x === Number.POSITIVE_INFINITY && reach.y === Number.POSITIVE_INFINITY;
  const parts = {
    value,
    points: gradient(result.points, truth.points, floor / diameter),
    weights: gradient(
      isBalanced ? centred(result.weights) : result.weights,
      truth.weights,
      floor / mass,
      result.weightsError,
    ),
  };
  const outcomes = {
    value: outcomeOf(parts.value, result.accurate),
    points: outcomeOf(parts.points, result.accurate),
    // What is told of the weights' gradient does not count for `accurate`.
    weights: outcomeOf(parts.weights, result.accurate && !((result.weightsError ?? 0) > DEFAULT_ACCURACY)),
  };
  return { parts, outcomes, outcome: worst(Object.values(outcomes)) };
}

/** An error of which as much as the truth may be off itself is forgiven. */
function relative(error: number, unsure: number, scale: number) {
  // A truth that is none says nothing; a result that is none is as wrong as can be.
  if (Number.isNaN(unsure)) return { error: 0, unsure: Number.POSITIVE_INFINITY };
  const certain = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(0, error - unsure);
  return { error: certain / scale, unsure: unsure / scale };
}

function outcomeOf({ error, unsure, stated }: Comparison, accurate: boolean): Outcome {
  if (error > ROOM * stated) return accurate ? 'wrong' : 'refused';
  if (unsure > ROOM * stated) return 'unsure';
  return accurate ? 'right' : 'cautious';
}

const ORDER: readonly Outcome[] = ['wrong', 'refused', 'unsure', 'cautious', 'right'];
const worst = (outcomes: Outcome[]): Outcome => ORDER.find((outcome) => outcomes.includes(outcome)) ?? 'right';

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

function centred(values: ArrayLike<number>): number[] {
  const mean = sum(values) / values.length;
  return Array.from(values, (value) => value - mean);
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  norm(Array.from(a, (value, index) => value - b[index]));

import type { Known } from './oracle/known.js';
import { norm } from './oracle/oracle.js';
import type { Result } from './result.js';
import type { Scales, Truth } from './trial.js';

/** What a result is accurate to where it does not say: the library's default. */
const DEFAULT_ACCURACY = 1e-3;
/** How much larger an error may be than what was stated. */
const ROOM = 2;
/**
 * The least value that counts where none is stated, as a share of mass times the largest cost: what the arithmetic of the backend leaves of
 * sums of that size.
 */
const FLOORS = { float32: 1e-6, float64: 1e-12 };

/** One part of a result against the truth. */
export interface Comparison {
  /** Relative to the larger one of truth and floor, with the truth at its best for the result. */
  readonly error: number;
  /** How far the truth itself may be off, in the same units. */
  readonly unsure: number;
  /** What result and truth differ by, of which nothing is forgiven. */
  readonly difference: number;
  readonly stated: number;
}

export const PARTS = ['value', 'points', 'weights', 'plan'] as const;
export type Part = (typeof PARTS)[number];
/**
 * `wrong`: called accurate, and off by more than what was stated. `unsure`: the oracle does not know well enough. `refused` and
 * `cautious`: not called accurate, with and without reason.
 */
export type Outcome = 'right' | 'wrong' | 'unsure' | 'refused' | 'cautious';

export interface Verdict {
  /** Parts that are not known, or not given, are absent. */
  readonly parts: Readonly<Partial<Record<Part, Comparison>>>;
  readonly outcomes: Readonly<Partial<Record<Part, Outcome>>>;
  readonly outcome: Outcome;
}

export function judge(
  { cost, mass, length, isBalanced, batch = 1 }: Scales,
  result: Result,
  truth: Truth,
  precision: 'float32' | 'float64',
): Verdict {
  const { gradientError = DEFAULT_ACCURACY, weightsError = DEFAULT_ACCURACY } = result;
  const floor = result.floor ?? FLOORS[precision] * mass * cost;
  const parts: Partial<Record<Part, Comparison>> = { value: worstValue() };
  const compare = (part: Part, known: Known | undefined, least: number, stated: number, size = norm) => {
    const given = result[part as 'points' | 'weights' | 'plan'];
    if (!known || !given) return;
    const error = size(Array.from(given, (value, index) => value - known.values[index]));
    parts[part] = { ...relative(error, known.error, Math.max(size(known.values), least)), stated };
  };
  compare('points', truth.points, floor / length, gradientError);
  if (isBalanced && result.weights) {
    compare('weights', truth.weights, floor / mass, weightsError, (values) => norm(centred(values, batch)));
  } else {
    compare('weights', truth.weights, floor / mass, weightsError);
  }
  compare('plan', truth.plan, 0, gradientError, (values) => sum(Array.from(values, Math.abs)));
  // What is told of the weights' gradient does not count for `accurate`.
  const isClaimed = (part: Part) => result.accurate && !(part === 'weights' && weightsError > DEFAULT_ACCURACY);
  const outcomes = Object.fromEntries(
    Object.entries(parts).map(([part, comparison]) => [part, outcomeOf(comparison, isClaimed(part as Part))]),
  );
  return { parts, outcomes, outcome: worst(Object.values(outcomes)) };

  /** Of a batch, the element whose value is off by most, with all that the truth does not know. */
  function worstValue(): Comparison {
    const all = truth.values.map(({ value, error }, element) =>
      relative(Math.abs(result.values[element] - value), error, Math.max(Math.abs(value), floor)),
    );
    return {
      error: Math.max(...all.map(({ error }) => error)),
      unsure: Math.max(...all.map(({ unsure }) => unsure)),
      difference: Math.max(...all.map(({ difference }) => difference)),
      stated: result.valueError ?? DEFAULT_ACCURACY,
    };
  }
}

/** An error of which as much as the truth may be off itself is forgiven. */
function relative(error: number, unsure: number, scale: number) {
  // A truth that is none says nothing; a result that is none is as wrong as can be.
  if (Number.isNaN(unsure)) return { error: 0, unsure: Number.POSITIVE_INFINITY, difference: 0 };
  const certain = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(0, error - unsure);
  const over = (part: number) => (part === 0 ? 0 : part / scale);
  return { error: over(certain), unsure: over(unsure), difference: over(error) };
}

function outcomeOf({ error, unsure, stated }: Comparison, accurate: boolean): Outcome {
  if (error > ROOM * stated) return accurate ? 'wrong' : 'refused';
  if (unsure > ROOM * stated) return 'unsure';
  return accurate ? 'right' : 'cautious';
}

const ORDER: readonly Outcome[] = ['wrong', 'refused', 'unsure', 'cautious', 'right'];
const worst = (outcomes: Outcome[]): Outcome => ORDER.find((outcome) => outcomes.includes(outcome)) ?? 'right';

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

/** Less the mean of each element. Less the first of them before that: numbers that are all the same leave no roundings. */
function centred(values: ArrayLike<number>, batch: number): number[] {
  const count = values.length / batch;
  const all = Array.from(values);
  return Array.from({ length: batch }, (_, element) => all.slice(element * count, (element + 1) * count)).flatMap(
    (own) => {
      const apart = own.map((value) => value - own[0]);
      const mean = sum(apart) / count;
      return apart.map((value) => value - mean);
    },
  );
}

import { type Cloud, countOf, massOf, withMass, withoutZeros } from './cloud.js';
import { costs, type PairCost, type Power, powerCost } from './costs.js';
import { solveCross } from './cross.js';
import {
  add,
  type DoubleDouble,
  DoubleDoubles,
  divide,
  expm1,
  from,
  multiply,
  negate,
  ROUNDING,
  subtract,
  toNumber,
  ZERO,
} from './doubleDouble.js';
import type { Known } from './known.js';
import { planOf } from './planOf.js';
import { solveSelf } from './self.js';
import { damping, isKept, type Solved, softmin } from './transport.js';

/** What is asked: coordinates flat, lengths as the library takes them. */
export interface Question {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly dimension: number;
  readonly p: Power;
  /** In place of that of p, which then says what powers lengths are taken to alone. */
  readonly cost?: PairCost;
  readonly blur: number;
  /** Infinite where a marginal is kept. */
  readonly reach: { readonly x: number; readonly y: number };
  readonly debias: boolean;
  /**
   * To what share of themselves weights are known; 0 when absent. Gradients hold for all weights within it: where parts of
   * both clouds have the same mass, rounding alone may decide what the weights' gradient is.
   */
  readonly rounding?: number;
}

export interface Answer {
  readonly value: number;
  /** How far the value may be from the truth. */
  readonly valueError: number;
  /** The gradient by the points of x, [N, D]. */
  readonly points: Known;
  /** The gradient by the weights of x, [N]; where both masses are kept its mean is 0. */
  readonly weights: Known;
  /** The plan from x to y, [N, M], and how far it may be off in sum. */
  readonly plan: Known;
  /** The largest L1 marginal error left, relative to the mass. */
  readonly marginalError: number;
}

/** The divergence, or entropic transport without debiasing, to about 1e-10 of itself where that is possible. */
export function answer(question: Question): Answer {
  const { x, y, a, b, dimension, p, cost = powerCost(p), blur, reach, debias, rounding = 0 } = question;
  const isSame = !cost.isAsymmetric && isOfItself(question);
  if (isSame && debias) return nothing(question);
  const { cloud: cloudX, kept } = withoutZeros(x, a, dimension);
  const { cloud: unequal, kept: keptY } = withoutZeros(y, b, dimension);
  const rhoX = powered(reach.x, p);
  const rhoY = powered(reach.y, p);
  const epsilon = powered(blur, p);
  const isBalanced = isKept(rhoX) && isKept(rhoY);
  const massX = massOf(cloudX);
  // Masses that agree to rounding are made to agree to all digits: otherwise there is no plan.
  const cloudY = isBalanced ? withMass(unequal, massX) : unequal;

  // Where points hardly exchange mass, nothing but symmetry tells how potentials lie to each other.
  const cross = isSame
    ? solveSelf(cloudX, costs(cloudX, cloudX, cost), epsilon, rhoX)
    : solveCross({ x: cloudX, y: cloudY, cost: costs(cloudX, cloudY, cost), epsilon, rhoX, rhoY }, rounding);
  const selfX = debias ? solveSelf(cloudX, costs(cloudX, cloudX, cost), epsilon, rhoX) : undefined;
  const selfY = debias ? solveSelf(cloudY, costs(cloudY, cloudY, cost), epsilon, rhoY) : undefined;

  let value = cross.value;
  let valueError = cross.valueError;
  for (const self of [selfX, selfY]) {
    if (!self) continue;
    value = subtract(value, multiply(from(0.5), self.value));
    valueError += self.valueError / 2;
  }
  if (debias) {
    const gap = subtract(massX, massOf(cloudY));
    value = add(value, multiply(multiply(from(0.5), epsilon), multiply(gap, gap)));
  }
  return {
    value: toNumber(value),
    valueError: valueError + Math.abs(toNumber(value)) * Number.EPSILON,
    points: pointGradient(cross, selfX, cost, kept, a.length),
    weights: weightGradient({ x, a, dimension }, cross, selfX, cost),
    plan: planOf(cross.plan, (i, j) => doubtOf(cross, i, j), kept, keptY, b.length, a.length),
    marginalError: Math.max(cross.marginalError, selfX?.marginalError ?? 0, selfY?.marginalError ?? 0),
  };
}

/** Whether both measures are the same: the divergence is 0 then, and so are its gradients, whatever links its points. */
const isOfItself = ({ x, y, a, b, reach }: Question): boolean => reach.x === reach.y && isEqual(x, y) && isEqual(a, b);

const isEqual = (left: ArrayLike<number>, right: ArrayLike<number>): boolean =>
  left.length === right.length && Array.from(left).every((value, index) => value === right[index]);

/** The plan of a divergence that is nothing is not looked for. */
const nothing = ({ x, a, b }: Question): Answer => ({
  value: 0,
  valueError: 0,
  points: { values: new Float64Array(x.length), error: 0 },
  weights: { values: new Float64Array(a.length), error: 0 },
  plan: { values: new Float64Array(a.length * b.length), error: Number.POSITIVE_INFINITY },
  marginalError: 0,
});

const powered = (length: number, p: Power): DoubleDouble =>
  length === Number.POSITIVE_INFINITY || p === 1 ? from(length) : multiply(from(length), from(length));

/** sum_j pi_ij dC(x_i, y_j), for the plan to y less that to x itself. */
function pointGradient(cross: Solved, self: Solved | undefined, cost: PairCost, kept: number[], count: number): Known {
  const { dimension } = cross.transport.x;
  const values = new Float64Array(count * dimension);
  let squares = 0;
  for (let i = 0; i < kept.length; i++) {
    const sum = new DoubleDoubles(dimension);
    const error = new Float64Array(dimension);
    pull(cross, i, cost, 1, sum, error);
    if (self) pull(self, i, cost, -1, sum, error);
    for (let axis = 0; axis < dimension; axis++) {
      values[kept[i] * dimension + axis] = toNumber(sum.get(axis));
      squares += error[axis] ** 2;
    }
  }
  return { values, error: Math.sqrt(squares) + norm(values) * Number.EPSILON };
}

/** By how much of itself an entry of the plan may be off. */
const doubtOf = ({ transport: { epsilon }, doubts, noise }: Solved, i: number, j: number): number =>
  doubts.reduce(
    (change, { f, g }) => change + Math.expm1(Math.min(1, Math.abs(f[i] + g[j]) / epsilon.hi)),
    noise / epsilon.hi + 10 * ROUNDING,
  );

/** Adds one plan's part to the gradient at x_i, and what its potentials' errors make of it. */
function pull(solved: Solved, i: number, cost: PairCost, sign: number, sum: DoubleDoubles, error: Float64Array): void {
  const { x, y } = solved.transport;
  const columns = countOf(y);
  for (let j = 0; j < columns; j++) {
    const entry = solved.plan.get(i * columns + j);
    if (entry.hi === 0) continue;
    const doubt = doubtOf(solved, i, j);
    for (const [axis, slope] of cost.slopes(x, i, y, j).entries()) {
      const term = multiply(entry, slope);
      sum.addTo(axis, sign < 0 ? negate(term) : term);
      error[axis] += Math.abs(term.hi) * doubt;
    }
  }
}

/** The derivative by each weight of x, those that are 0 as well: potentials are softmins anywhere. */
function weightGradient(
  { x, a, dimension }: { readonly x: ArrayLike<number>; readonly a: ArrayLike<number>; readonly dimension: number },
  cross: Solved,
  self: Solved | undefined,
  cost: PairCost,
): Known {
  const { epsilon, rhoX, rhoY } = cross.transport;
  const all: Cloud = { points: x, weights: DoubleDoubles.from(a), dimension };
  const values = new DoubleDoubles(a.length);
  let squares = 0;
  const potentialAt = (solved: Solved, i: number) => {
    const to = solved.transport.y;
    const costAt = (j: number) => cost.at(all, i, to, j);
    const { value, shares } = softmin(to.weights, solved.g, costAt, epsilon);
    let error = solved.noise;
    for (const { g } of solved.doubts) error += Math.abs(shares.reduce((sum, { hi }, j) => sum + hi * g[j], 0));
    return { potential: multiply(damping(epsilon, rhoX), value), error };
  };
  const strength = isKept(rhoX) ? ZERO : add(rhoX, epsilon);
  const gain = (potential: DoubleDouble) =>
    isKept(rhoX) ? potential : negate(multiply(strength, expm1(negate(divide(potential, rhoX)))));
  const otherMass = massOf(cross.transport.y);
  for (let i = 0; i < a.length; i++) {
    const { potential, error } = potentialAt(cross, i);
    let value = gain(potential);
    let errors = error;
    if (self) {
      const own = potentialAt(self, i);
      value = subtract(value, gain(own.potential));
      errors += own.error;
    } else {
      value = add(value, multiply(epsilon, subtract(otherMass, from(1))));
    }
    values.set(i, value);
    const growth = isKept(rhoX) ? 1 : (1 + epsilon.hi / rhoX.hi) * Math.exp(-Math.min(0, potential.hi / rhoX.hi));
    squares += (errors * growth) ** 2;
  }
  const isBalanced = isKept(rhoX) && isKept(rhoY);
  const numbers = isBalanced ? centred(values) : values.numbers();
  return { values: numbers, error: Math.sqrt(squares) + norm(numbers) * Number.EPSILON };
}

/** Less the mean. */
function centred(values: DoubleDoubles): Float64Array {
  let sum = ZERO;
  for (let i = 0; i < values.length; i++) sum = add(sum, values.get(i));
  const mean = divide(sum, from(values.length));
  return Float64Array.from({ length: values.length }, (_, i) => toNumber(subtract(values.get(i), mean)));
}

export const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));

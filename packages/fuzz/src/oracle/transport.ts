import { type Cloud, countOf, massOf } from './cloud.js';
import {
  add,
  type DoubleDouble,
  DoubleDoubles,
  divide,
  exp,
  expm1,
  from,
  log,
  multiply,
  negate,
  ONE,
  ROUNDING,
  subtract,
  toNumber,
  ZERO,
} from './doubleDouble.js';

/** Entropic transport from x to y. */
export interface Transport {
  readonly x: Cloud;
  readonly y: Cloud;
  /** [N, M]. */
  readonly cost: DoubleDoubles;
  readonly epsilon: DoubleDouble;
  /** Strengths of the marginal constraints; infinite where a marginal is kept. */
  readonly rhoX: DoubleDouble;
  readonly rhoY: DoubleDouble;
}

/** A change of both potentials, with its signs: most of it often cancels in the plan. */
export interface Doubt {
  readonly f: Float64Array;
  readonly g: Float64Array;
}

/** A solved transport, and how far it may be from the truth. */
export interface Solved {
  readonly transport: Transport;
  readonly f: DoubleDoubles;
  readonly g: DoubleDoubles;
  readonly plan: DoubleDoubles;
  readonly value: DoubleDouble;
  readonly valueError: number;
  /** Changes of the potentials that may bring them to the truth. */
  readonly doubts: readonly Doubt[];
  /** Rounding of potentials besides. */
  readonly noise: number;
  /** L1, relative to the mass. */
  readonly marginalError: number;
}

export const isKept = (rho: DoubleDouble): boolean => rho.hi === Number.POSITIVE_INFINITY;

/** 1 / (1 + eps / rho). */
export const damping = (epsilon: DoubleDouble, rho: DoubleDouble): DoubleDouble =>
  isKept(rho) ? ONE : divide(rho, add(rho, epsilon));

/** exp(-f / rho): the share of a point's mass that is moved. */
export const share = (f: DoubleDouble, rho: DoubleDouble): DoubleDouble =>
  isKept(rho) ? ONE : exp(negate(divide(f, rho)));

/** What a potential adds to the value of the dual: f, or rho (1 - exp(-f / rho)). */
const gain = (f: DoubleDouble, rho: DoubleDouble): DoubleDouble =>
  isKept(rho) ? f : negate(multiply(rho, expm1(negate(divide(f, rho)))));

/** -eps log sum_j b_j exp((g_j - C_j) / eps) and the terms of the sum as shares of it. */
export function softmin(
  weights: DoubleDoubles,
  g: DoubleDoubles,
  costAt: (j: number) => DoubleDouble,
  epsilon: DoubleDouble,
): { readonly value: DoubleDouble; readonly shares: DoubleDouble[] } {
  const exponents: DoubleDouble[] = [];
  let largest = from(Number.NEGATIVE_INFINITY);
  for (let j = 0; j < g.length; j++) {
    const exponent = divide(subtract(g.get(j), costAt(j)), epsilon);
    exponents.push(exponent);
    if (exponent.hi > largest.hi) largest = exponent;
  }
  let sum = ZERO;
  const terms = exponents.map((exponent, j) => {
    const term = multiply(weights.get(j), exp(subtract(exponent, largest)));
    sum = add(sum, term);
    return term;
  });
  return {
    value: negate(multiply(epsilon, add(largest, log(sum)))),
    shares: terms.map((term) => (term.hi === 0 ? ZERO : divide(term, sum))),
  };
}

/** f and the plan for g: all that the dual's maximum over f leaves. */
export function rowsFor({ x, y, cost, epsilon, rhoX }: Transport, g: DoubleDoubles) {
  const rows = countOf(x);
  const columns = countOf(y);
  const f = new DoubleDoubles(rows);
  const plan = new DoubleDoubles(rows * columns);
  const sums = new DoubleDoubles(columns);
  const moved = new DoubleDoubles(rows);
  const damp = damping(epsilon, rhoX);
  for (let i = 0; i < rows; i++) {
    const { value, shares } = softmin(y.weights, g, (j) => cost.get(i * columns + j), epsilon);
    f.set(i, multiply(damp, value));
    const mass = multiply(x.weights.get(i), share(f.get(i), rhoX));
    moved.set(i, mass);
    shares.forEach((term, j) => {
      if (term.hi === 0) return;
      const entry = multiply(mass, term);
      plan.set(i * columns + j, entry);
      sums.addTo(j, entry);
    });
  }
  return { f, plan, sums, moved };
}

export const totalOf = (values: DoubleDoubles): DoubleDouble => {
  let total = ZERO;
  for (let index = 0; index < values.length; index++) total = add(total, values.get(index));
  return total;
};

/** The dual's value for potentials and the mass of their plan, and how much rounding it may hold. */
export function dualValue(
  { x, y, epsilon, rhoX, rhoY }: Transport,
  f: DoubleDoubles,
  g: DoubleDoubles,
  moved: DoubleDouble,
) {
  let value = ZERO;
  let size = 0;
  const along = (weights: DoubleDoubles, potential: DoubleDoubles, rho: DoubleDouble) => {
    for (let index = 0; index < weights.length; index++) {
      const term = multiply(weights.get(index), gain(potential.get(index), rho));
      value = add(value, term);
      size += Math.abs(term.hi) + weights.hi[index] * Math.abs(potential.hi[index]);
    }
  };
  along(x.weights, f, rhoX);
  along(y.weights, g, rhoY);
  const product = multiply(massOf(x), massOf(y));
  value = subtract(value, multiply(epsilon, subtract(moved, product)));
  size += epsilon.hi * (Math.abs(moved.hi) + product.hi + toNumber(massOf(x)) + toNumber(massOf(y)));
  return { value, rounding: 8 * ROUNDING * size };
}

/** How far apart potentials may lie: as far as costs do, and where mass need not be kept as its logarithms make it. */
export function widthOf({ x, y, cost, epsilon, rhoX, rhoY }: Transport): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of cost.hi) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const range = Math.max(most - least, most * Number.EPSILON);
  if (isKept(rhoX) && isKept(rhoY)) return range;
  const logarithms = 1 + Math.abs(Math.log(massOf(x).hi)) + Math.abs(Math.log(massOf(y).hi));
  const strengths = [rhoX, rhoY, epsilon].reduce((sum, rho) => (isKept(rho) ? sum : sum + rho.hi), 0);
  return most + logarithms * strengths;
}

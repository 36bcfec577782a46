import { type Cloud, countOf, massOf, withoutZeros } from './cloud.js';
import { costs, type PairCost, powerCost } from './costs.js';
import {
  add,
  type DoubleDouble,
  DoubleDoubles,
  divide,
  exp,
  from,
  multiply,
  negate,
  ROUNDING,
  subtract,
  toNumber,
  ZERO,
} from './doubleDouble.js';
import type { Known } from './known.js';
import { eliminated } from './linear.js';
import { type Answer, norm, type Question } from './oracle.js';
import type { ExactPenalty } from './penalties.js';
import { planOf } from './planOf.js';
import { softmin } from './transport.js';

/** A question whose marginals are held by penalties; of `mass` alone where that is given, which takes no more than there is of any point. */
export interface PenalizedQuestion extends Omit<Question, 'reach'> {
  readonly penalty: { readonly x: ExactPenalty; readonly y: ExactPenalty };
  readonly mass?: number;
}

/** Sweeps at each temperature on the way, and at the last one, before Newton's method. */
const SWEEPS = 30;
const LAST_SWEEPS = 200;
/** Steps of Newton, and halvings of one. */
const MOST_STEPS = 100;
const MOST_HALVINGS = 25;
/** What is left of the equations where they count as solved, over the temperature. */
const SOLVED = 1e-20;

interface Penalized {
  readonly x: Cloud;
  readonly y: Cloud;
  readonly cost: DoubleDoubles;
  readonly epsilon: DoubleDouble;
  readonly penalty: PenalizedQuestion['penalty'];
  readonly mass?: number;
}

interface SolvedPenalized extends Penalized {
  readonly f: DoubleDoubles;
  readonly g: DoubleDoubles;
  readonly price: DoubleDouble;
  readonly plan: DoubleDoubles;
  readonly value: DoubleDouble;
  /** Changes of f, g and the price, one after the other, that may bring them to the truth. */
  readonly doubts: readonly Float64Array[];
  /** Whether nothing but doubles' rounding tells some of the potentials. */
  readonly isOpen: boolean;
  readonly isSolved: boolean;
}

/** The divergence or entropic transport with any penalties, and with debiasing as the library has it (Séjourné et al. 2019, section 4). */
export function penalizedAnswer(question: PenalizedQuestion): Answer {
  const { x, y, a, b, dimension, p, cost = powerCost(p), blur, debias, rounding = 0, penalty, mass } = question;
  const { cloud: cloudX, kept } = withoutZeros(x, a, dimension);
  const { cloud: cloudY, kept: keptY } = withoutZeros(y, b, dimension);
  const epsilon = p === 1 ? from(blur) : multiply(from(blur), from(blur));
  const between = (one: Cloud, two: Cloud, of: PenalizedQuestion['penalty']) =>
    solved({ x: one, y: two, cost: costs(one, two, cost), epsilon, penalty: of, mass }, rounding);
  const cross = between(cloudX, cloudY, penalty);
  const selves = debias
    ? [between(cloudX, cloudX, { x: penalty.x, y: penalty.x }), between(cloudY, cloudY, { x: penalty.y, y: penalty.y })]
    : [];
  const all = [cross, ...selves];
  let { value } = cross;
  for (const self of selves) value = subtract(value, multiply(from(0.5), self.value));
  if (debias) {
    const gap = subtract(massOf(cloudX), massOf(cloudY));
    value = add(value, multiply(multiply(from(0.5), epsilon), multiply(gap, gap)));
  }
  const isSolved = all.every((one) => one.isSolved);
  const isOpen = all.some((one) => one.isOpen);
  const unless = (isBad: boolean, { values, error }: Known): Known => ({
    values,
    error: isBad ? Number.POSITIVE_INFINITY : error,
  });
  return {
    value: toNumber(value),
    valueError: isSolved
      ? Math.abs(toNumber(value)) * Number.EPSILON + all.reduce((sum, one) => sum + lost(one), 0)
      : Number.POSITIVE_INFINITY,
    points: unless(!isSolved, pointGradient(cross, selves[0], cost, kept, a.length)),
    weights: unless(!isSolved || isOpen, weightGradient(question, cross, selves[0], cost)),
    plan: unless(
      !isSolved,
      planOf(cross.plan, (i, j) => doubtOf(cross, i, j), kept, keptY, b.length, a.length),
    ),
    marginalError: 0,
  };
}

/** What 32 digits lose of a value. */
function lost({ x, y, f, g, epsilon, price }: SolvedPenalized): number {
  const sizes = (weights: DoubleDoubles, potentials: DoubleDoubles) =>
    weights.hi.reduce(
      (sum, weight, i) => sum + weight * (Math.abs(potentials.hi[i]) + epsilon.hi + Math.abs(price.hi)),
      0,
    );
  return 1e3 * ROUNDING * (sizes(x.weights, f) + sizes(y.weights, g));
}

/** Solves f = prox(softmin(g)), g = prox(softmin(f)), and the price where the mass is given, by Newton's method with slopes in doubles. */
function solved(problem: Penalized, rounding: number): SolvedPenalized {
  const { x, y, epsilon, penalty, mass, cost } = problem;
  const [rows, columns] = [countOf(x), countOf(y)];
  const size = rows + columns + (mass === undefined ? 0 : 1);
  let now = look(problem, annealed(problem));
  for (let step = 0; step < MOST_STEPS; step++) {
    const { solve } = eliminated(now.matrix, size);
    const direction = solve(now.residual.map((entry) => -entry));
    let next: Look | undefined;
    for (let halving = 0, length = 1; halving < MOST_HALVINGS; halving++, length /= 2) {
      const there = new DoubleDoubles(size);
      for (let k = 0; k < size; k++) there.set(k, add(now.at.get(k), from(length * direction[k])));
      const found = look(problem, there);
      if (found.error < now.error * (1 - length / 4)) {
        next = found;
        break;
      }
    }
    // Kinks may let no step of Newton's method help: then updates go on.
    next ??= look(problem, swept(problem, now.at, SWEEPS));
    if (!(next.error < now.error)) break;
    now = next;
  }
  const { solve, isSingular } = eliminated(now.matrix, size);
  const { at, plan } = now;
  const slice = (begin: number, end: number) => {
    const part = new DoubleDoubles(end - begin);
    for (let k = begin; k < end; k++) part.set(k - begin, at.get(k));
    return part;
  };
  const [f, g] = [slice(0, rows), slice(rows, rows + columns)];
  const price = mass === undefined ? ZERO : at.get(size - 1);
  let value = ZERO;
  for (let i = 0; i < rows; i++) value = add(value, multiply(x.weights.get(i), penalty.x.gain(f.get(i))));
  for (let j = 0; j < columns; j++) value = add(value, multiply(y.weights.get(j), penalty.y.gain(g.get(j))));
  let total = ZERO;
  for (let k = 0; k < plan.length; k++) total = add(total, plan.get(k));
  value = subtract(value, multiply(epsilon, subtract(total, multiply(massOf(x), massOf(y)))));
  if (mass !== undefined) value = add(value, multiply(price, from(mass)));
  // By the golden ratio: no order of the points goes with these signs.
  const shake = (count: number, seed: number) =>
    Float64Array.from({ length: count }, (_, k) => (((k + seed) * 0.618034) % 1 < 0.5 ? -rounding : rounding));
  const largest = Math.max(epsilon.hi, ...cost.hi.map(Math.abs), ...f.hi.map(Math.abs), ...g.hi.map(Math.abs));
  const digits = Float64Array.from({ length: size }, (_, k) => (k % 2 ? 1 : -1) * 10 * ROUNDING * largest);
  return {
    ...problem,
    f,
    g,
    price,
    plan,
    value,
    doubts: [solve(now.residual), solve(now.shaken(shake(rows, 1), shake(columns, 2))), solve(digits)],
    isOpen: isSingular,
    isSolved: now.error < SOLVED * epsilon.hi,
  };
}

/** The equations at some potentials, f then g then the price. */
function look({ x, y, cost, epsilon, penalty, mass }: Penalized, at: DoubleDoubles) {
  const [rows, columns] = [countOf(x), countOf(y)];
  const size = at.length;
  const price = mass === undefined ? ZERO : at.get(size - 1);
  const residual = new Float64Array(size);
  const matrix = new Float64Array(size * size);
  const shares: Float64Array[] = [];
  const slopes = new Float64Array(rows + columns);
  const part = (begin: number, end: number) => {
    const values = new DoubleDoubles(end - begin);
    for (let k = begin; k < end; k++) values.set(k - begin, at.get(k));
    return values;
  };
  const [f, g] = [part(0, rows), part(rows, rows + columns)];
  for (let k = 0; k < rows + columns; k++) {
    const isRow = k < rows;
    const i = isRow ? k : k - rows;
    const costAt = (j: number) => subtract(isRow ? cost.get(i * columns + j) : cost.get(j * columns + i), price);
    const { value, shares: own } = softmin(isRow ? y.weights : x.weights, isRow ? g : f, costAt, epsilon);
    const of = isRow ? penalty.x : penalty.y;
    const wanted = of.prox(value, epsilon);
    residual[k] = toNumber(subtract(at.get(k), wanted));
    const slope = of.slope(value, wanted, epsilon);
    slopes[k] = slope;
    shares.push(Float64Array.from(own, ({ hi }) => hi));
    matrix[k * size + k] = 1;
    own.forEach(({ hi }, j) => {
      matrix[k * size + (isRow ? rows + j : j)] += slope * hi;
    });
    if (mass !== undefined) matrix[k * size + size - 1] = slope;
  }
  const plan = new DoubleDoubles(rows * columns);
  let total = ZERO;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const paid = subtract(add(add(f.get(i), g.get(j)), price), cost.get(i * columns + j));
      const entry = multiply(multiply(x.weights.get(i), y.weights.get(j)), exp(divide(paid, epsilon)));
      plan.set(i * columns + j, entry);
      total = add(total, entry);
      if (mass === undefined) continue;
      const share = entry.hi / mass;
      matrix[(size - 1) * size + i] += share;
      matrix[(size - 1) * size + rows + j] += share;
      matrix[(size - 1) * size + size - 1] += share;
    }
  }
  if (mass !== undefined) residual[size - 1] = (epsilon.hi * toNumber(subtract(total, from(mass)))) / mass;
  const error = residual.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  return {
    at,
    plan,
    residual,
    matrix,
    error: Number.isNaN(error) ? Number.POSITIVE_INFINITY : error,
    /** What the equations lack for weights that differ by shares of themselves. */
    shaken(byX: Float64Array, byY: Float64Array): Float64Array {
      return residual.map((_, k) => {
        if (k >= rows + columns) return 0;
        const by = k < rows ? byY : byX;
        return slopes[k] * epsilon.hi * shares[k].reduce((sum, share, j) => sum + share * by[j], 0);
      });
    },
  };
}

type Look = ReturnType<typeof look>;

/** Potentials in doubles after sweeps, from the temperature of the largest cost down by halves. */
function annealed(problem: Penalized): DoubleDoubles {
  const { x, y, cost, epsilon, mass } = problem;
  const size = countOf(x) + countOf(y) + (mass === undefined ? 0 : 1);
  let at = new DoubleDoubles(size);
  let temperature = Math.max(epsilon.hi, ...cost.hi);
  for (; temperature > epsilon.hi; temperature /= 2) {
    at = swept({ ...problem, epsilon: from(temperature) }, at, mass === undefined ? SWEEPS / 10 : SWEEPS);
  }
  return swept(problem, at, LAST_SWEEPS / (mass === undefined ? 4 : 1));
}

/** Updates of f, then of g, then of the price, by the share of the mass that goes. */
function swept(
  { x, y, cost, epsilon, penalty, mass }: Penalized,
  from32: DoubleDoubles,
  sweeps: number,
): DoubleDoubles {
  const [rows, columns] = [countOf(x), countOf(y)];
  const eps = epsilon.hi;
  const at = from32.numbers();
  const [a, b] = [x.weights.numbers(), y.weights.numbers()];
  const costsThere = cost.numbers();
  const price = () => (mass === undefined ? 0 : at[rows + columns]);
  const soft = (count: number, weights: Float64Array, exponent: (k: number) => number) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) largest = Math.max(largest, exponent(k));
    let sum = 0;
    for (let k = 0; k < count; k++) sum += weights[k] * Math.exp(exponent(k) - largest);
    return from(-eps * (largest + Math.log(sum)));
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let i = 0; i < rows; i++) {
      const s = soft(columns, b, (j) => (at[rows + j] + price() - costsThere[i * columns + j]) / eps);
      at[i] = penalty.x.prox(s, epsilon).hi;
    }
    let total = 0;
    for (let j = 0; j < columns; j++) {
      const s = soft(rows, a, (i) => (at[i] + price() - costsThere[i * columns + j]) / eps);
      at[rows + j] = penalty.y.prox(s, epsilon).hi;
      total += b[j] * Math.exp((at[rows + j] - s.hi) / eps);
    }
    if (mass !== undefined) at[rows + columns] += eps * Math.log(mass / total);
  }
  return DoubleDoubles.from(Array.from(at));
}

/** By how much of itself an entry of the plan may be off. */
function doubtOf({ x, y, epsilon, doubts }: SolvedPenalized, i: number, j: number): number {
  const [rows, columns] = [countOf(x), countOf(y)];
  return doubts.reduce((sum, doubt) => {
    const change = doubt[i] + doubt[rows + j] + (doubt[rows + columns] ?? 0);
    return sum + Math.expm1(Math.min(1, Math.abs(change) / epsilon.hi));
  }, 10 * ROUNDING);
}

/** sum_j pi_ij dC(x_i, y_j), less the same of the measure with itself. */
function pointGradient(
  cross: SolvedPenalized,
  self: SolvedPenalized | undefined,
  cost: PairCost,
  rows: readonly number[],
  count: number,
): Known {
  const { dimension } = cross.x;
  const values = new Float64Array(count * dimension);
  let squares = 0;
  for (const [k, i] of rows.entries()) {
    const sum = new DoubleDoubles(dimension);
    const error = new Float64Array(dimension);
    for (const [one, sign] of [[cross, 1], ...(self ? [[self, -1]] : [])] as [SolvedPenalized, number][]) {
      for (let j = 0; j < countOf(one.y); j++) {
        const entry = one.plan.get(k * countOf(one.y) + j);
        if (entry.hi === 0) continue;
        const doubt = doubtOf(one, k, j);
        for (const [axis, slope] of cost.slopes(one.x, k, one.y, j).entries()) {
          const term = multiply(entry, slope);
          sum.addTo(axis, sign < 0 ? negate(term) : term);
          error[axis] += Math.abs(term.hi) * doubt;
        }
      }
    }
    for (let axis = 0; axis < dimension; axis++) {
      values[i * dimension + axis] = toNumber(sum.get(axis));
      squares += error[axis] ** 2;
    }
  }
  return { values, error: Math.sqrt(squares) + norm(values) * Number.EPSILON };
}

/** -phi*(-f) - eps share, in each weight of x, those that are 0 as well; with a constant where nothing is subtracted. */
function weightGradient(
  { x, a, dimension }: Pick<PenalizedQuestion, 'x' | 'a' | 'dimension'>,
  cross: SolvedPenalized,
  self: SolvedPenalized | undefined,
  cost: PairCost,
): Known {
  const { epsilon } = cross;
  const all: Cloud = { points: x, weights: DoubleDoubles.from(a), dimension };
  const values = new Float64Array(a.length);
  let squares = 0;
  /** As a row of the plan, or as a column. */
  const at = (of: SolvedPenalized, i: number, isRow = true) => {
    const [others, potentials, first] = isRow ? [of.y, of.g, countOf(of.x)] : [of.x, of.f, 0];
    const costAt = (j: number) => subtract(isRow ? cost.at(all, i, others, j) : cost.at(others, j, all, i), of.price);
    const { value: s, shares } = softmin(others.weights, potentials, costAt, epsilon);
    const penalty = isRow ? of.penalty.x : of.penalty.y;
    const f = penalty.prox(s, epsilon);
    const taken = exp(divide(subtract(f, s), epsilon));
    const error = of.doubts.reduce((sum, doubt) => {
      const moved = shares.reduce((total, { hi }, j) => total + hi * doubt[first + j], 0);
      return sum + Math.abs(moved) + Math.abs(doubt[countOf(of.x) + countOf(of.y)] ?? 0);
    }, 0);
    return { value: subtract(penalty.gain(f), multiply(epsilon, taken)), error: error * (1 + taken.hi) };
  };
  const otherMass = massOf(cross.y);
  for (let i = 0; i < a.length; i++) {
    const own = at(cross, i);
    let [value, error] = [own.value, own.error];
    if (self) {
      // A measure's transport to itself changes by both of its sides. Where a penalty has an edge they need not be alike.
      for (const one of [at(self, i), at(self, i, false)]) {
        value = subtract(value, multiply(from(0.5), one.value));
        error += one.error / 2;
      }
    } else value = add(value, multiply(epsilon, otherMass));
    values[i] = toNumber(value);
    squares += error ** 2;
  }
  return { values, error: Math.sqrt(squares) + norm(values) * Number.EPSILON };
}

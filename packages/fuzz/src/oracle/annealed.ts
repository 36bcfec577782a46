import { countOf } from './cloud.js';
import { DoubleDoubles, toNumber } from './doubleDouble.js';
import { solveLaplacian } from './laplacian.js';
import { type Transport, widthOf } from './transport.js';

/** The problem in doubles, at one temperature. */
interface Stage {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly logA: Float64Array;
  readonly logB: Float64Array;
  readonly cost: Float64Array;
  readonly epsilon: number;
  readonly rhoX: number;
  readonly rhoY: number;
}

/**
 * Of marginals in doubles, relative to the mass. Links weaker than that would carry rounding alone, in steps so long that the
 * others were lost in them.
 */
const NOISE = 1e-15;
/** Steps of Newton at most, on the way and at the end. */
const STEPS_ON_THE_WAY = 25;
const STEPS_AT_THE_END = 150;
/** Marginal errors to go on with, on the way and at the end, where doubles give it. */
const ERROR_ON_THE_WAY = 1e-4;
const ERROR_AT_THE_END = 1e-13;
/** The same for each point by itself, relative to its weight: of points with little of it sums know nothing. */
const RELATIVE_ON_THE_WAY = 0.1;
const RELATIVE_AT_THE_END = 1e-3;

/** The potential g in doubles: from the temperature of the largest cost down by halves, with Newton's steps at each. */
export function annealed(transport: Transport): Float64Array {
  const a = transport.x.weights.numbers();
  const b = transport.y.weights.numbers();
  const stage = {
    a,
    b,
    logA: a.map(Math.log),
    logB: b.map(Math.log),
    cost: transport.cost.numbers(),
    rhoX: transport.rhoX.hi,
    rhoY: transport.rhoY.hi,
  };
  const width = widthOf(transport);
  const last = toNumber(transport.epsilon);
  let g: Float64Array = new Float64Array(countOf(transport.y));
  let epsilon = Math.max(
    last,
    stage.cost.reduce((most, value) => Math.max(most, value), 0),
  );
  for (;;) {
    const isLast = epsilon <= last;
    g = climb({ ...stage, epsilon: isLast ? last : epsilon }, g, width, isLast);
    if (isLast) return g;
    epsilon /= 2;
  }
}

/** Goes up the dual as a function of g alone. */
function climb(stage: Stage, start: Float64Array, width: number, isLast: boolean): Float64Array {
  const { a, b, epsilon } = stage;
  const mass = a.reduce((sum, weight) => sum + weight, 0) + b.reduce((sum, weight) => sum + weight, 0);
  let g = start;
  let now = evaluate(stage, updated(stage, g));
  g = now.g;
  for (let step = 0; step < (isLast ? STEPS_AT_THE_END : STEPS_ON_THE_WAY); step++) {
    const isNear = now.error <= (isLast ? ERROR_AT_THE_END : ERROR_ON_THE_WAY) * mass;
    if (isNear && now.relative <= (isLast ? RELATIVE_AT_THE_END : RELATIVE_ON_THE_WAY)) break;
    const direction = capped(newton(stage, now), 2 * width + 10 * epsilon);
    const slope = dot(now.residual, direction);
    if (!(slope > 0)) break;
    const next = alongLine(stage, now, direction, slope);
    if (!next) break;
    // An update after each step keeps what Newton's quadratic model knows nothing of in bounds.
    const after = step % 4 === 3 ? evaluate(stage, updated(stage, next.g)) : next;
    now = after.error < next.error ? after : next;
    g = now.g;
  }
  return g;
}

interface Point {
  readonly g: Float64Array;
  readonly plan: Float64Array;
  readonly moved: Float64Array;
  /** What the marginal of y is to be, less what it is: the slope of the dual. */
  readonly residual: Float64Array;
  readonly wanted: Float64Array;
  readonly error: number;
  readonly relative: number;
  readonly value: number;
}

function evaluate({ a, b, logB, cost, epsilon, rhoX, rhoY }: Stage, g: Float64Array): Point {
  const columns = b.length;
  const plan = new Float64Array(cost.length);
  const sums = new Float64Array(columns);
  const moved = new Float64Array(a.length);
  const damp = 1 / (1 + epsilon / rhoX);
  let value = 0;
  for (let i = 0; i < a.length; i++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < columns; j++) {
      largest = Math.max(largest, logB[j] + (g[j] - cost[i * columns + j]) / epsilon);
    }
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      const term = Math.exp(logB[j] + (g[j] - cost[i * columns + j]) / epsilon - largest);
      plan[i * columns + j] = term;
      sum += term;
    }
    const f = -damp * epsilon * (largest + Math.log(sum));
    moved[i] = a[i] * Math.exp(-f / rhoX);
    value += a[i] * gain(f, rhoX) - epsilon * moved[i];
    for (let j = 0; j < columns; j++) {
      plan[i * columns + j] *= moved[i] / sum;
      sums[j] += plan[i * columns + j];
    }
  }
  const wanted = b.map((weight, j) => weight * Math.exp(-g[j] / rhoY));
  const residual = wanted.map((weight, j) => weight - sums[j]);
  for (let j = 0; j < columns; j++) value += b[j] * gain(g[j], rhoY);
  const error = residual.reduce((sum, entry) => sum + Math.abs(entry), 0);
  const relative = residual.reduce((most, entry, j) => Math.max(most, Math.abs(entry) / wanted[j]), 0);
  return { g, plan, moved, residual, wanted, error, relative, value };
}

const gain = (f: number, rho: number): number => (rho === Number.POSITIVE_INFINITY ? f : -rho * Math.expm1(-f / rho));

/** g after a full update of both potentials: one iteration of Sinkhorn. */
function updated({ a, logA, logB, cost, epsilon, rhoX, rhoY }: Stage, g: Float64Array): Float64Array {
  const columns = g.length;
  const f = a.map((_, i) =>
    soft(columns, (j) => logB[j] + (g[j] - cost[i * columns + j]) / epsilon, epsilon / (1 + epsilon / rhoX)),
  );
  return g.map((_, j) =>
    soft(a.length, (i) => logA[i] + (f[i] - cost[i * columns + j]) / epsilon, epsilon / (1 + epsilon / rhoY)),
  );
}

/** -factor times the log of the sum of the exponentials. */
function soft(count: number, exponent: (index: number) => number, factor: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) largest = Math.max(largest, exponent(index));
  let sum = 0;
  for (let index = 0; index < count; index++) sum += Math.exp(exponent(index) - largest);
  return -factor * (largest + Math.log(sum));
}

function newton({ epsilon, rhoX, rhoY }: Stage, { plan, moved, residual, wanted }: Point): Float64Array {
  const rows = moved.length;
  const columns = residual.length;
  const excess = new Float64Array(rows + columns);
  moved.forEach((mass, i) => {
    excess[i] = (epsilon / rhoX) * mass;
  });
  const right = new DoubleDoubles(rows + columns);
  residual.forEach((entry, j) => {
    excess[rows + j] = (epsilon / rhoY) * wanted[j];
    right.hi[rows + j] = -epsilon * entry;
  });
  const mass = moved.reduce((sum, entry) => sum + entry, 0);
  return solveLaplacian(plan, rows, columns, excess, right, (NOISE * mass) / Math.max(rows, columns))
    .subarray(rows)
    .map((step) => -step);
}

/** Newton's model holds for no step as long as the costs are wide. */
function capped(direction: Float64Array, most: number): Float64Array {
  // In a problem that keeps both masses a constant changes nothing.
  const longest = direction.reduce((long, step) => Math.max(long, Math.abs(step)), 0);
  return longest > most ? direction.map((step) => (step / longest) * most) : direction;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, index) => sum + value * b[index], 0);

/** Halves a step until the dual no longer falls; none where that never is. */
function alongLine(stage: Stage, now: Point, direction: Float64Array, slope: number): Point | undefined {
  let length = 1;
  for (let halving = 0; halving < 60; halving++) {
    const step = length;
    const next = evaluate(
      stage,
      now.g.map((value, j) => value + step * direction[j]),
    );
    const slopeThere = dot(next.residual, direction);
    // It is concave: where it still rises it rose all the way. Values may differ by rounding alone.
    const rose = slopeThere >= 0 || next.value > now.value || -slopeThere < 0.5 * slope;
    if (slopeThere >= -0.5 * slope && rose) return next;
    length /= 2;
  }
  return undefined;
}

import { annealed } from './annealed.js';
import { countOf, massOf } from './cloud.js';
import { add, DoubleDoubles, from, multiply, ROUNDING, subtract, toNumber } from './doubleDouble.js';
import { solveLaplacian } from './laplacian.js';
import {
  type Doubt,
  dualValue,
  isKept,
  rowsFor,
  type Solved,
  share,
  type Transport,
  totalOf,
  widthOf,
} from './transport.js';

/** Steps of Newton in 32 digits at most. */
const MOST_STEPS = 40;
/** Of a step that goes too far. */
const MOST_HALVINGS = 30;
/** L1 marginal error, relative to the mass, below which Newton's own estimate of what is left is believed. */
const QUADRATIC = 1e-6;

/** Solves the transport between two clouds, whose weights are known to `rounding`, relative. */
export function solveCross(transport: Transport, rounding: number): Solved {
  let best = look(transport, DoubleDoubles.from(annealed(transport)));
  for (let taken = 0; taken < MOST_STEPS; taken++) {
    const next = nearest(transport, best);
    if (!next) break;
    best = next;
  }
  const { f, g, plan, moved, residual, step, error } = best;
  const { value, rounding: lost } = dualValue(transport, f, g, totalOf(moved));
  const rows = countOf(transport.x);
  const mass = toNumber(massOf(transport.x)) + toNumber(massOf(transport.y));
  const width = widthOf(transport);
  let left = 0;
  residual.hi.forEach((entry, j) => {
    left += Math.abs(entry * step[rows + j]);
  });
  // The dual is concave: what is left is at most its slope times the way to the top, which costs limit.
  const most = 2 * error * width;
  const noise = ROUNDING * 10 * (toNumber(transport.epsilon) + width + largest(f.hi) + largest(g.hi));
  const valueError = lost + (error / mass < QUADRATIC ? Math.min(2 * left, most) : most);
  return {
    transport,
    f,
    g,
    plan,
    value,
    valueError,
    doubts: [doubtOf(transport, step), doubtOf(transport, shaken(transport, best, width, rounding))],
    noise,
    marginalError: error / mass,
  };
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function look(transport: Transport, g: DoubleDoubles) {
  const { f, plan, sums, moved } = rowsFor(transport, g);
  const { x, y, rhoX, rhoY } = transport;
  const epsilon = toNumber(transport.epsilon);
  const rows = countOf(x);
  const columns = countOf(y);
  const residual = new DoubleDoubles(columns);
  const right = new DoubleDoubles(rows + columns);
  const excess = new Float64Array(rows + columns);
  const links = plan.numbers();
  let error = 0;
  for (let i = 0; i < rows; i++) excess[i] = (epsilon / rhoX.hi) * toNumber(moved.get(i));
  for (let j = 0; j < columns; j++) {
    const wanted = multiply(y.weights.get(j), share(g.get(j), rhoY));
    residual.set(j, subtract(wanted, sums.get(j)));
    error += Math.abs(residual.hi[j]);
    excess[rows + j] = (epsilon / rhoY.hi) * toNumber(wanted);
    right.set(rows + j, multiply(from(-epsilon), residual.get(j)));
  }
  const exponents = widthOf(transport) / epsilon;
  // As in doubles: weaker links carry rounding alone.
  const noise = (ROUNDING * (1 + exponents) * toNumber(totalOf(moved))) / Math.max(rows, columns);
  /** What Newton would add to f, then to g, for other slopes too. */
  const stepFor = (slopes: DoubleDoubles, weakest = noise) =>
    solveLaplacian(links, rows, columns, excess, slopes, weakest).map((entry, index) =>
      index < rows ? entry : -entry,
    );
  return { f, g, plan, moved, residual, step: stepFor(right), stepFor, error };
}

type Look = ReturnType<typeof look>;

/**
 * What Newton would make of rounding in the weights of y: where clouds fall apart into pieces that nearly nothing links, their
 * potentials are known up to a constant for each piece alone, even where no marginal error is left.
 */
function shaken({ x, y, epsilon }: Transport, { f, g, stepFor }: Look, width: number, rounding: number): Float64Array {
  const rows = countOf(x);
  const eps = toNumber(epsilon);
  const exponents = Math.max(width, largest(f.hi), largest(g.hi)) / eps;
  const relative = rounding + ROUNDING * (1 + exponents);
  const slopes = new DoubleDoubles(rows + g.length);
  const mass = toNumber(massOf(y));
  let sum = 0;
  for (let j = 0; j < g.length; j++) {
    // By the golden ratio: no order of the points goes with these signs.
    const sign = ((j + 1) * 0.618034) % 1 < 0.5 ? -1 : 1;
    slopes.hi[rows + j] = sign * relative * eps * y.weights.hi[j];
    sum += slopes.hi[rows + j];
  }
  for (let j = 0; j < g.length; j++) slopes.hi[rows + j] -= sum * (y.weights.hi[j] / mass);
  // Links so weak that a step exceeded all bounds of potentials would only hide what stronger ones leave open.
  return stepFor(slopes, (relative * mass * eps) / (Math.max(width, eps) * rows * g.length));
}

/** A step, where both masses are kept less the constant that changes nothing. */
function doubtOf({ x, y, rhoX, rhoY }: Transport, step: Float64Array): Doubt {
  const f = step.slice(0, countOf(x));
  const g = step.slice(countOf(x));
  if (!isKept(rhoX) || !isKept(rhoY)) return { f, g };
  const shift = g.reduce((sum, entry, j) => sum + entry * y.weights.hi[j], 0) / toNumber(massOf(y));
  return { f: f.map((entry) => entry + shift), g: g.map((entry) => entry - shift) };
}

/** The first of ever shorter steps that goes up and leaves less slope, or less marginal error. */
function nearest(transport: Transport, now: Look): Look | undefined {
  // At rounding no step helps any more.
  if (now.error < 1e-28 * toNumber(massOf(transport.y))) return undefined;
  const direction = now.step.subarray(countOf(transport.x));
  const longest = largest(direction);
  const most = 2 * widthOf(transport) + 10 * toNumber(transport.epsilon);
  const slope = slopeAlong(now, direction);
  let length = longest > most ? most / longest : 1;
  for (let halving = 0; halving < MOST_HALVINGS; halving++) {
    const g = new DoubleDoubles(now.g.length);
    for (let j = 0; j < g.length; j++) g.set(j, add(now.g.get(j), from(length * direction[j])));
    const next = look(transport, g);
    if (next.error < 0.9 * now.error) return next;
    // Newton's own step fails at rounding alone, where a shorter one is no better.
    if (now.error < 1e-20 * toNumber(massOf(transport.y))) return undefined;
    const slopeThere = slopeAlong(next, direction);
    // A dual that is concave rose all the way to where it still rises.
    if (slopeThere >= 0 && slopeThere < slope) return next;
    length /= 2;
  }
  return undefined;
}

const slopeAlong = ({ residual }: Look, direction: Float64Array): number =>
  residual.numbers().reduce((sum, entry, j) => sum + entry * direction[j], 0);

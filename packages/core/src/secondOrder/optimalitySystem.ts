import { column, mul, row } from '../formula/expression.js';
import { conjugateGradientOnHost } from '../linear/conjugateGradientOnHost.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { valueBlocks } from '../transport/valueBlocks.js';
import type { PlanPasses } from './planPasses.js';

/** Numbers of the points of both sides, [B, N, k] and [B, M, k], for k directions. */
export type BothSides = Readonly<Record<Side, Float64Array>>;

/** How exactly systems are solved. */
export interface Accuracy {
  /** The residual over the right-hand side. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** What solving a system took. */
export interface Solving {
  readonly iterations: number;
  /** Of each element and direction, [B, k]. */
  readonly residuals: Float64Array;
  /** The smallest eigenvalue of the system that was seen. */
  readonly smallest: number;
}

/** A linear system whose solution is the change of potentials in a direction, and the system of the adjoint. */
export interface OptimalitySystem {
  readonly passes: PlanPasses;
  /** Whether it is that of a measure with itself, whose sides are one. */
  readonly isSelf: boolean;
  /** [f.; g.] from what the conditions lack, over the mass that the plan takes of each point. */
  solve(lacks: BothSides, size: number, accuracy: Accuracy): Task<BothSides & Solving>;
  /** What multiplies these lacks in <cotangents, [f.; g.]>. */
  solveAdjoint(cotangents: BothSides, size: number, accuracy: Accuracy): Task<BothSides & Solving>;
}

/** The relative residual that products in a precision allow. */
const LEAST_RESIDUAL = { float32: 1e-7, float64: 1e-14 };

/** The share of the tolerance that iterations go to, so that it is kept after rounding too. */
const MARGIN = 0.95;

const settled = ({ precision }: PlanPasses, { tolerance, maxIterations }: Accuracy): [number, number] => [
  Math.max(MARGIN * tolerance, LEAST_RESIDUAL[precision]),
  maxIterations,
];

/** 1 + eps / rho on each side: 1 where the marginal is met exactly. */
const diagonals = ({ epsilon, options: { reach, p }, units: { length } }: PlanPasses): Record<Side, number> =>
  bySide((side) => 1 + epsilon / (reach[side] / length) ** p);

/** The mass that the plan takes from each point: a_i sum_j e_ij b_j. */
const massesTaken = ({ pair, taken }: PlanPasses, side: Side): Float64Array =>
  taken[side].map((value, i) => value * pair[side].weights[i]);

/**
 * The system of two measures: with P and Q the means over the rows and over the columns of the plan, t = 1 + eps / rho,
 *
 *   t_x f. + P g. = r,   Q f. + t_y g. = q.
 *
 * Times the masses R and K that the plan takes it is symmetric, with the plan itself off its diagonal. What is left of it after g. is
 * eliminated, (t_x - P Q / t_y) f. = r - P q / t_y, is self-adjoint in the scalar product of R, and not negative; where both marginals
 * are met exactly the constants are its null space.
 */
export function crossSystem(passes: PlanPasses): OptimalitySystem {
  const t = diagonals(passes);
  const singular = t.x === 1 && t.y === 1;
  const weights = massesTaken(passes, 'x');
  const { batch } = passes.pair.x;
  const solve: OptimalitySystem['solve'] = function* (lacks, size, accuracy) {
    const carried = yield* passes.means(
      'x',
      lacks.y.map((value) => value / t.y),
      size,
    );
    const rightHandSide = lacks.x.map((value, k) => value - carried[k]);
    // Beside the right-hand sides, and in the same passes, goes one that tells how soft the system is: where points are.
    const probes = valueBlocks(size + 1).length > valueBlocks(size).length ? 0 : 1;
    const found = yield* conjugateGradientOnHost(
      {
        weights,
        batch,
        size: size + probes,
        probes,
        singular,
        rightHandSide: probes ? beside(rightHandSide, size, projected(passes)) : rightHandSide,
        *apply(vectors) {
          const across = yield* passes.means('y', vectors, size + probes);
          const back = yield* passes.means('x', across, size + probes);
          return vectors.map((value, k) => t.x * value - back[k] / t.y);
        },
      },
      ...settled(passes, accuracy),
    );
    const solved = {
      ...found,
      solution: probes ? firstOf(found.solution, size) : found.solution,
      residuals: probes ? firstOf(found.residuals, size) : found.residuals,
    };
    const mean = yield* passes.means('y', solved.solution, size);
    const y = mean.map((value, k) => (lacks.y[k] - value) / t.y);
    if (isExact(passes, weights)) return { ...solved, x: solved.solution, y };
    const last = yield* passes.means('x', y, size);
    const x = last.map((value, k) => (lacks.x[k] - value) / t.x);
    const residuals = residualsOf(weights, batch, size, solved.solution, x, rightHandSide, t.x, singular);
    return { x, y, iterations: solved.iterations, residuals, smallest: found.smallest };
  };
  return { passes, isSelf: false, solve, solveAdjoint: (...given) => adjoint(passes, t, solve, ...given) };
}

/** The system of a measure with itself, (t + P) f. = r: its eigenvalues are between t and t + 1 where exp(-C / eps) is a positive kernel. */
export function selfSystem(passes: PlanPasses): OptimalitySystem {
  const t = diagonals(passes);
  const weights = massesTaken(passes, 'x');
  const { batch } = passes.pair.x;
  const solve: OptimalitySystem['solve'] = function* (lacks, size, accuracy) {
    const found = yield* conjugateGradientOnHost(
      {
        weights,
        batch,
        size,
        singular: false,
        rightHandSide: lacks.x,
        *apply(vectors) {
          const means = yield* passes.means('x', vectors, size);
          return vectors.map((value, k) => t.x * value + means[k]);
        },
      },
      ...settled(passes, accuracy),
    );
    const { solution } = found;
    if (isExact(passes, weights)) return { ...found, x: solution, y: solution };
    const means = yield* passes.means('x', solution, size);
    const next = means.map((value, k) => (lacks.x[k] - value) / t.x);
    const residuals = residualsOf(weights, batch, size, solution, next, lacks.x, t.x, false);
    for (let k = 0; k < solution.length; k++) {
      if (weights[Math.floor(k / size)] === 0) solution[k] = next[k];
    }
    return { x: solution, y: solution, iterations: found.iterations, residuals, smallest: found.smallest };
  };
  return { passes, isSelf: true, solve, solveAdjoint: (...given) => adjoint(passes, t, solve, ...given) };
}

/** What splits clouds that lie apart, whichever way they do: ratios of coordinates that no symmetric cloud has. */
const PROJECTION = 0.6180339887;

/** Where the points of x are along a line, [B, N]: close to what a plan of parts that lie apart leaves undetermined. */
function projected({ points, pair }: PlanPasses): Float64Array {
  const { dimension, batch, count } = pair.x;
  return Float64Array.from({ length: batch * count }, (_, i) => {
    let place = 0;
    for (let d = 0; d < dimension; d++) place += points.x[i * dimension + d] * PROJECTION ** d;
    return place;
  });
}

/** Vectors [.., k], and one more behind them. */
function beside(vectors: Float64Array, size: number, one: Float64Array): Float64Array {
  const all = new Float64Array(vectors.length + one.length);
  for (let i = 0; i < one.length; i++) {
    for (let c = 0; c < size; c++) all[i * (size + 1) + c] = vectors[i * size + c];
    all[i * (size + 1) + size] = one[i];
  }
  return all;
}

/** Vectors [.., k + 1] without the last one. */
const firstOf = (vectors: Float64Array, size: number): Float64Array => vectors.filter((_, k) => k % (size + 1) < size);

/**
 * Whether what iterations carry along is all there is to know. If not, there is one more update: points of weight 0, which have no part in
 * scalar products, have their change from it, and it shows what rounding of products in float32 left.
 */
const isExact = ({ precision }: PlanPasses, weights: Float64Array): boolean =>
  precision === 'float64' && weights.every((weight) => weight > 0);

/**
 * What a solution leaves of each system, [B, k], as one more update shows it: rounding of products is in it, which the residuals that
 * iterations carry along do not see.
 */
function residualsOf(
  weights: Float64Array,
  batch: number,
  size: number,
  solution: Float64Array,
  next: Float64Array,
  rightHandSide: Float64Array,
  diagonal: number,
  singular: boolean,
): Float64Array {
  const count = weights.length / batch;
  return Float64Array.from({ length: batch * size }, (_, system) => {
    const [element, c] = [Math.floor(system / size), system % size];
    /** The norm of an expression, without its mean where that is free. */
    const norm = (at: (k: number) => number): number => {
      let [mass, total, squares] = [0, 0, 0];
      for (let i = element * count; i < (element + 1) * count; i++) {
        const value = at(i * size + c);
        mass += weights[i];
        total += weights[i] * value;
        squares += weights[i] * value * value;
      }
      return Math.sqrt(Math.max(0, singular ? squares - total ** 2 / mass : squares));
    };
    const whole = norm((k) => rightHandSide[k]);
    return whole > 0 ? (diagonal * norm((k) => next[k] - solution[k])) / whole : 0;
  });
}

/**
 * Times the masses taken, the system is symmetric: its adjoint is solved by the same steps. Points of weight 0 are the exception: their
 * potentials follow from the others, which follow from nothing of theirs.
 */
function* adjoint(
  passes: PlanPasses,
  t: Record<Side, number>,
  solve: OptimalitySystem['solve'],
  cotangents: BothSides,
  size: number,
  accuracy: Accuracy,
): Task<BothSides & Solving> {
  const masses = bySide((side) => massesTaken(passes, side));
  const isEmpty = (side: Side, k: number) => masses[side][Math.floor(k / size)] === 0;
  const ofEmpty = bySide((side) => cotangents[side].map((value, k) => (isEmpty(side, k) ? value / t[side] : 0)));
  const passedOn = function* (side: Side): Task<Float64Array> {
    // What empty points of the other side pass on to this one: sum_j a_i e_ij U_j / taken_j.
    const across = other(side);
    if (ofEmpty[across].every((value) => value === 0)) return cotangents[side];
    const shares = ofEmpty[across].map((value, k) => value / passes.taken[across][Math.floor(k / size)]);
    const passed = yield* passes.sums(side, mul(row('weight'), column('share', size)), { columns: { share: shares } });
    return cotangents[side].map((value, k) => value - passed[k]);
  };
  const left = { x: yield* passedOn('x'), y: yield* passedOn('y') };
  const found = yield* solve(
    bySide((side) => left[side].map((value, k) => (isEmpty(side, k) ? 0 : value / masses[side][Math.floor(k / size)]))),
    size,
    accuracy,
  );
  const multipliers = bySide((side) =>
    found[side].map((value, k) => (isEmpty(side, k) ? ofEmpty[side][k] : value * masses[side][Math.floor(k / size)])),
  );
  return { ...multipliers, iterations: found.iterations, residuals: found.residuals, smallest: found.smallest };
}

import { column, mul, row } from '../formula/expression.js';
import { blockConjugateGradient } from '../linear/blockConjugateGradient.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import type { PlanPasses } from './planPasses.js';
import { ROUNDING } from './rounding.js';
import { spectralProbes } from './spectralProbes.js';

/** Numbers of the points of both sides, [B, N, k] and [B, M, k], for k directions. */
export type BothSides = Readonly<Record<Side, Float64Array>>;

/**
 * Numbers of both sides for each side to take: those with which the conditions at its points hold. What is summed over a row of the plan is off
 * by what its condition lacks times how far the plan goes, over eps: the error of a force would grow with the distance otherwise.
 */
export type SeenFrom = Readonly<Record<Side, BothSides>>;

/** How exactly systems are solved. */
export interface Accuracy {
  /** The residual over the right-hand side. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** The error of the plan that the system is of: of an eigenvalue below nothing is known. */
  readonly marginalError: number;
}

/** What solving a system took. */
export interface Solving {
  readonly iterations: number;
  /** Of each element and direction, [B, k]. */
  readonly residuals: Float64Array;
  /** The smallest eigenvalue of the system that was seen. */
  readonly smallest: number;
  /** By how much one more step of Newton's method would move the potentials that the system is of, in temperatures. */
  readonly unsettled: number;
}

/** A linear system whose solution is the change of potentials in a direction, and the system of the adjoint. */
export interface OptimalitySystem {
  readonly passes: PlanPasses;
  /** Whether it is that of a measure with itself, whose sides are one. */
  readonly isSelf: boolean;
  /**
   * [f.; g.] from what the conditions lack, over the mass that the plan takes of each point. The conditions of `sides` hold up to rounding in
   * what these see, the others up to the tolerance.
   *
   * @param squares - of the norms of the directions that points move in, by masses, [B, k]; 0 where points do not move.
   */
  solve(
    lacks: BothSides,
    size: number,
    accuracy: Accuracy,
    sides: readonly Side[],
    squares: Float64Array,
  ): Task<SeenFrom & Solving>;
  /** What multiplies these lacks in <cotangents, [f.; g.]>, for both sides. */
  solveAdjoint(
    cotangents: BothSides,
    size: number,
    accuracy: Accuracy,
    squares: Float64Array,
  ): Task<SeenFrom & Solving>;
}

/** The relative residual that products in a precision allow. */
const LEAST_RESIDUAL = { float32: 1e-7, float64: 1e-14 };

/** How far an eigenvalue is to be above errors, for potentials to move along it as they should to some digits. Chosen on clouds of two parts. */
export const SOFT = 3;

/** The share of the tolerance that iterations go to, so that it is kept after rounding too. */
const MARGIN = { float32: 0.95, float64: 0.999 };

const settled = ({ precision }: PlanPasses, { tolerance, maxIterations }: Accuracy): [number, number] => [
  Math.max(MARGIN[precision] * tolerance, LEAST_RESIDUAL[precision]),
  maxIterations,
];

/** 1 + eps / rho on each side: 1 where the marginal is met exactly. */
const diagonals = ({ epsilon, options: { reach, p }, units: { length } }: PlanPasses): Record<Side, number> =>
  bySide((side) => 1 + epsilon / (reach[side] / length) ** p);

/** Right-hand sides, [B, N, k], and beside them that of a step of Newton's method for the potentials themselves: what their conditions lack. */
function* withOwnLacks(passes: PlanPasses, side: Side, lacks: Float64Array, size: number): Task<Float64Array> {
  const { epsilon, potentials, options, units } = passes;
  const rho = (options.reach[side] / units.length) ** options.p;
  const taken = yield* passes.taken(side);
  const own = potentials[side].map((f, i) => (taken[i] > 0 ? -epsilon * (Math.log(taken[i]) + f / rho) : 0));
  return beside(lacks, size, own, 1);
}

/** The mass that the plan takes from each point: a_i sum_j e_ij b_j. */
function* massesTaken({ pair, taken }: PlanPasses, side: Side): Task<Float64Array> {
  return (yield* taken(side)).map((value, i) => value * pair[side].weights[i]);
}

/**
 * The system of two measures: with P and Q the means over the rows and over the columns of the plan, t = 1 + eps / rho,
 *
 *   t_x f. + P g. = r,   Q f. + t_y g. = q.
 *
 * Times the masses R and K that the plan takes it is symmetric, with the plan itself off its diagonal. What is left of it after f. is
 * eliminated, (t_y - Q P / t_x) g. = q - Q r / t_x, is self-adjoint in the scalar product of K, and not negative; where both marginals
 * are met exactly the constants are its null space. The side whose conditions are to hold is the one that is eliminated.
 */
export function crossSystem(passes: PlanPasses): OptimalitySystem {
  const t = diagonals(passes);
  const singular = t.x === 1 && t.y === 1;
  const { batch } = passes.pair.x;
  const solve: OptimalitySystem['solve'] = function* (lacks, size, accuracy, sides, squares) {
    const eliminated: Side = sides.includes('x') ? 'x' : 'y';
    const kept = other(eliminated);
    const weights = yield* massesTaken(passes, kept);
    /** What the condition at a point says of its potential, by those of the other side. */
    const following = function* (side: Side, others: Float64Array): Task<Float64Array> {
      const means = yield* passes.means(side, others, size);
      return means.map((value, k) => (lacks[side][k] - value) / t[side]);
    };
    // Beside the right-hand sides, and in the same passes, go what the potentials themselves lack, and some that tell how soft the system is.
    const probes = spectralProbes(passes, kept, weights);
    const wide = size + 1;
    const width = wide + probes.count;
    const given = {
      x: yield* withOwnLacks(passes, 'x', lacks.x, size),
      y: yield* withOwnLacks(passes, 'y', lacks.y, size),
    };
    const carried = yield* passes.means(
      kept,
      beside(
        given[eliminated].map((value) => value / t[eliminated]),
        wide,
        new Float64Array((given[eliminated].length / wide) * probes.count),
        probes.count,
      ),
      width,
    );
    const rightHandSides = beside(given[kept], wide, probes.vectors, probes.count).map((value, k) =>
      weights[Math.floor(k / width)] > 0 || k % width < size ? value - carried[k] : 0,
    );
    const rightHandSide = firstOf(rightHandSides, size, width);
    const found = yield* blockConjugateGradient(
      {
        weights,
        batch,
        size: width,
        riders: 1,
        probes: probes.count,
        gains: gainsOf(rightHandSide, weights, size, squares, passes.epsilon),
        negligible: SOFT * Math.max(accuracy.marginalError, ROUNDING[passes.precision]),
        singular,
        rightHandSide: rightHandSides,
        *apply(vectors) {
          const across = yield* passes.means(eliminated, vectors, width);
          const back = yield* passes.means(kept, across, width);
          return vectors.map((value, k) => t[kept] * value - back[k] / t[eliminated]);
        },
      },
      ...settled(passes, accuracy),
    );
    const { iterations, smallest } = found;
    const solution = firstOf(found.solution, size, width);
    let unsettled = 0;
    for (const [i, weight] of weights.entries()) {
      if (weight > 0) unsettled = Math.max(unsettled, Math.abs(found.solution[i * width + size]) / passes.epsilon);
    }
    const own = yield* following(eliminated, solution);
    const seen = both(eliminated, own, solution);
    if (!sides.includes(kept) && isExact(passes, weights)) {
      return { x: seen, y: seen, iterations, smallest, unsettled, residuals: firstOf(found.residuals, size, width) };
    }
    const next = yield* following(kept, own);
    for (let k = 0; k < solution.length; k++) if (weights[Math.floor(k / size)] === 0) solution[k] = next[k];
    const residuals = residualsOf(weights, batch, size, solution, next, rightHandSide, t[kept], singular);
    const seenFromKept = both(eliminated, own, next);
    const { x, y } = eliminated === 'x' ? { x: seen, y: seenFromKept } : { x: seenFromKept, y: seen };
    return { x, y, iterations, residuals, smallest, unsettled };
  };
  return { passes, isSelf: false, solve, solveAdjoint: (...given) => adjoint(passes, t, solve, ...given) };
}

const both = (side: Side, own: Float64Array, others: Float64Array): BothSides =>
  side === 'x' ? { x: own, y: others } : { x: others, y: own };

/** The system of a measure with itself, (t + P) f. = r: its eigenvalues are between t and t + 1 where exp(-C / eps) is a positive kernel. */
export function selfSystem(passes: PlanPasses): OptimalitySystem {
  const t = diagonals(passes);
  const { batch } = passes.pair.x;
  const solve: OptimalitySystem['solve'] = function* (lacks, size, accuracy) {
    const weights = yield* massesTaken(passes, 'x');
    const found = yield* blockConjugateGradient(
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
    const ofBoth = { x: solution, y: solution };
    const seen = { x: ofBoth, y: ofBoth };
    if (isExact(passes, weights)) return { ...found, ...seen, unsettled: 0 };
    const means = yield* passes.means('x', solution, size);
    const next = means.map((value, k) => (lacks.x[k] - value) / t.x);
    const residuals = residualsOf(weights, batch, size, solution, next, lacks.x, t.x, false);
    for (let k = 0; k < solution.length; k++) {
      if (weights[Math.floor(k / size)] === 0) solution[k] = next[k];
    }
    return { ...seen, iterations: found.iterations, residuals, smallest: found.smallest, unsettled: 0 };
  };
  return { passes, isSelf: true, solve, solveAdjoint: (...given) => adjoint(passes, t, solve, ...given) };
}

/**
 * How much larger an error of potentials is in forces than in right-hand sides, relative to the direction v that points move in. With V the
 * variance of slopes of the cost over a row of the plan, an error e makes one of sqrt(V) |e| / eps in forces of about the size of v, and
 * right-hand sides b are about sqrt(V) |v| where rows are all but single entries, less where they are many: |b|^2 / (eps |v|^2). It is beyond 1
 * where the blur is far below the distances of points, and the parts of forces that cancel are far larger than what is left of them.
 */
function gainsOf(
  rightHandSide: Float64Array,
  weights: Float64Array,
  size: number,
  squares: Float64Array,
  epsilon: number,
): Float64Array {
  const totals = new Float64Array(squares.length);
  const count = (weights.length * size) / squares.length;
  for (let k = 0; k < rightHandSide.length; k++) {
    const i = Math.floor(k / size);
    totals[Math.floor(i / count) * size + (k % size)] += weights[i] * rightHandSide[k] ** 2;
  }
  return totals.map((total, k) => (squares[k] > 0 ? total / (epsilon * squares[k]) : 0));
}

/** Vectors [.., k] and [.., l] as [.., k + l]. */
function beside(vectors: Float64Array, size: number, more: Float64Array, count: number): Float64Array {
  const width = size + count;
  const all = new Float64Array(vectors.length + more.length);
  for (let i = 0; i * width < all.length; i++) {
    all.set(vectors.subarray(i * size, (i + 1) * size), i * width);
    all.set(more.subarray(i * count, (i + 1) * count), i * width + size);
  }
  return all;
}

/** The first k of vectors [.., width]. */
const firstOf = (vectors: Float64Array, size: number, width: number): Float64Array =>
  vectors.filter((_, k) => k % width < size);

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
  squares: Float64Array,
): Task<SeenFrom & Solving> {
  const masses = { x: yield* massesTaken(passes, 'x'), y: yield* massesTaken(passes, 'y') };
  const isEmpty = (side: Side, k: number) => masses[side][Math.floor(k / size)] === 0;
  const ofEmpty = bySide((side) => cotangents[side].map((value, k) => (isEmpty(side, k) ? value / t[side] : 0)));
  const passedOn = function* (side: Side): Task<Float64Array> {
    // What empty points of the other side pass on to this one: sum_j a_i e_ij U_j / taken_j.
    const across = other(side);
    if (ofEmpty[across].every((value) => value === 0)) return cotangents[side];
    const taken = yield* passes.taken(across);
    const shares = ofEmpty[across].map((value, k) => value / taken[Math.floor(k / size)]);
    const passed = yield* passes.sums(side, mul(row('weight'), column('share', size)), { columns: { share: shares } });
    return cotangents[side].map((value, k) => value - passed[k]);
  };
  const left = { x: yield* passedOn('x'), y: yield* passedOn('y') };
  const found = yield* solve(
    bySide((side) => left[side].map((value, k) => (isEmpty(side, k) ? 0 : value / masses[side][Math.floor(k / size)]))),
    size,
    accuracy,
    ['x', 'y'],
    squares,
  );
  const multipliers = bySide((from) =>
    bySide((side) =>
      found[from][side].map((value, k) =>
        isEmpty(side, k) ? ofEmpty[side][k] : value * masses[side][Math.floor(k / size)],
      ),
    ),
  );
  const { iterations, residuals, smallest, unsettled } = found;
  return { ...multipliers, iterations, residuals, smallest, unsettled };
}

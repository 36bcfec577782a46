import { column, mul, row } from '../formula/expression.js';
import { blockConjugateGradient } from '../linear/blockConjugateGradient.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import type { PlanPasses } from './planPasses.js';
import { ROUNDING, ROUNDOFF } from './rounding.js';
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
  /** About how much larger the errors of solutions are, relative to right-hand sides too, [B, k]. */
  readonly amplifications: Float64Array;
  /** The smallest eigenvalue of the system that was seen. */
  readonly smallest: number;
  /** By how much one more step of Newton's method would move the potentials that the system is of, in temperatures. */
  readonly unsettled: number;
  /** What rounding leaves of an entry of the plan, relative. */
  readonly rounding: number;
  /** What rounding of exponents leaves of one, relative. */
  readonly entry: number;
  /** What rounding of exponents leaves of sums that directions make, relative to the directions. */
  readonly rounded: number;
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
   * @param isAdjoint - whether what is wanted are solutions times masses: residuals are to be small in their norm too.
   */
  solve(
    lacks: BothSides,
    size: number,
    accuracy: Accuracy,
    sides: readonly Side[],
    squares: Float64Array,
    isAdjoint?: boolean,
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

/** The largest step of Newton's method for potentials among solutions beside each other, in temperatures. */
function largestStep(
  { epsilon }: PlanPasses,
  weights: Float64Array,
  solution: Float64Array,
  width: number,
  at: number,
): number {
  let largest = 0;
  for (const [i, weight] of weights.entries()) {
    if (weight > 0) largest = Math.max(largest, Math.abs(solution[i * width + at]) / epsilon);
  }
  return largest;
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
  const solve: OptimalitySystem['solve'] = function* (lacks, size, accuracy, sides, squares, isAdjoint = false) {
    const eliminated: Side = sides.includes('x') ? 'x' : 'y';
    const kept = other(eliminated);
    const weights = yield* massesTaken(passes, kept);
    const others = isAdjoint ? weights.map((weight) => weight ** 2) : undefined;
    const rounds = roundingsOf(
      passes,
      lacks,
      bySide((side) => (side === kept ? weights : undefined)),
      size,
      squares,
    );
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
        negligible: SOFT * Math.max(accuracy.marginalError, rounds.rounding),
        singular,
        others,
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
    const unsettled = largestStep(passes, weights, found.solution, width, size);
    const told = {
      ...rounds,
      iterations,
      smallest,
      unsettled,
      amplifications: firstOf(found.amplifications, size, width),
    };
    let own = yield* following(eliminated, solution);
    const light = lightOf(weights, batch);
    if (!sides.includes(kept) && light.length === 0 && isExact(passes, weights)) {
      const seen = both(eliminated, own, solution);
      return { x: seen, y: seen, ...told, residuals: firstOf(found.residuals, size, width) };
    }
    let next = yield* following(kept, own);
    for (let k = 0; k < solution.length; k++) if (weights[Math.floor(k / size)] === 0) solution[k] = next[k];
    const residuals = residualsOf(weights, others, batch, size, solution, next, rightHandSide, t[kept], singular);
    if (light.length > 0) {
      for (const i of light) solution.set(next.subarray(i * size, (i + 1) * size), i * size);
      own = yield* following(eliminated, solution);
      if (sides.includes(kept)) next = yield* following(kept, own);
    }
    const seen = both(eliminated, own, solution);
    const seenFromKept = both(eliminated, own, next);
    const { x, y } = eliminated === 'x' ? { x: seen, y: seenFromKept } : { x: seenFromKept, y: seen };
    return { x, y, ...told, residuals };
  };
  return { passes, isSelf: false, solve, solveAdjoint: (...given) => adjoint(passes, t, solve, ...given) };
}

const both = (side: Side, own: Float64Array, others: Float64Array): BothSides =>
  side === 'x' ? { x: own, y: others } : { x: others, y: own };

/** The system of a measure with itself, (t + P) f. = r: its eigenvalues are between t and t + 1 where exp(-C / eps) is a positive kernel. */
export function selfSystem(passes: PlanPasses): OptimalitySystem {
  const t = diagonals(passes);
  const { batch } = passes.pair.x;
  const solve: OptimalitySystem['solve'] = function* (lacks, size, accuracy, _, squares, isAdjoint = false) {
    const weights = yield* massesTaken(passes, 'x');
    // Nothing comes after that would spread errors of heavy points alone.
    const others = weights.map((weight) => (isAdjoint ? weight ** 2 : weight > 0 ? 1 : 0));
    const rounds = roundingsOf(passes, lacks, { x: weights }, size, squares);
    const width = size + 1;
    const found = yield* blockConjugateGradient(
      {
        weights,
        batch,
        size: width,
        riders: 1,
        singular: false,
        others,
        rightHandSide: yield* withOwnLacks(passes, 'x', lacks.x, size),
        *apply(vectors) {
          const means = yield* passes.means('x', vectors, width);
          return vectors.map((value, k) => t.x * value + means[k]);
        },
      },
      ...settled(passes, accuracy),
    );
    const { iterations, smallest } = found;
    const unsettled = largestStep(passes, weights, found.solution, width, size);
    const solution = firstOf(found.solution, size, width);
    const ofBoth = { x: solution, y: solution };
    const amplifications = firstOf(found.amplifications, size, width);
    const seen = { x: ofBoth, y: ofBoth, ...rounds, iterations, smallest, unsettled, amplifications };
    if (isExact(passes, weights)) return { ...seen, residuals: firstOf(found.residuals, size, width) };
    const means = yield* passes.means('x', solution, size);
    const next = means.map((value, k) => (lacks.x[k] - value) / t.x);
    const residuals = residualsOf(weights, others, batch, size, solution, next, lacks.x, t.x, false);
    for (let k = 0; k < solution.length; k++) {
      if (weights[Math.floor(k / size)] === 0) solution[k] = next[k];
    }
    return { ...seen, residuals };
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
    // What a point of no mass far away lacks may be infinite.
    if (weights[i] > 0) totals[Math.floor(i / count) * size + (k % size)] += weights[i] * rightHandSide[k] ** 2;
  }
  return totals.map((total, k) => (squares[k] > 0 ? total / (epsilon * squares[k]) : 0));
}

/**
 * What rounding leaves. The exponents of a plan's entries, (f + g - C) / eps with C about f + g where mass goes, are off by some units in the last
 * place of f + g over eps. The slopes of forces along a direction v are lacks over eps, and cancel but for about v: errors are larger by
 * |lacks|^2 / (eps |v|^2), as in `gainsOf`.
 */
function roundingsOf(
  { precision, pair, potentials, epsilon }: PlanPasses,
  lacks: BothSides,
  masses: { readonly [S in Side]?: Float64Array },
  size: number,
  squares: Float64Array,
): Pick<Solving, 'rounding' | 'entry' | 'rounded'> {
  const extreme = (of: (...values: number[]) => number) =>
    Math.abs(potentials.x.reduce((a, b) => of(a, b)) + potentials.y.reduce((a, b) => of(a, b)));
  // Costs are sums over coordinates, each of which is rounded, and what is left of that grows as their root.
  const units = ROUNDOFF[precision] * Math.sqrt(pair.x.dimension);
  const entry = (units * Math.max(extreme(Math.max), extreme(Math.min))) / epsilon;
  let gain = 0;
  for (const side of ['x', 'y'] as const) {
    const weights = masses[side];
    if (weights) gain = gainsOf(lacks[side], weights, size, squares, epsilon).reduce((a, b) => Math.max(a, b), gain);
  }
  return { rounding: Math.max(ROUNDING[precision], entry), entry, rounded: entry * (1 + gain) };
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
 * The share of the average mass below which a point is light. Raising it takes two more passes more often. A point far from all others in
 * a relaxed measure has e^-100 and less: iterations, which are exact in the norm by masses, leave noise there.
 */
const LIGHT = 1e-3;

/** The light points, whose potentials are better taken from those of the other side: what lies beside them takes its own from theirs. */
function lightOf(weights: Float64Array, batch: number): number[] {
  const count = weights.length / batch;
  const light: number[] = [];
  for (let element = 0; element < batch; element++) {
    const own = weights.subarray(element * count, (element + 1) * count);
    const average = own.reduce((sum, weight) => sum + weight, 0) / count;
    for (const [i, weight] of own.entries())
      if (weight > 0 && weight < LIGHT * average) light.push(element * count + i);
  }
  return light;
}

/**
 * What a solution leaves of each system, [B, k], as one more update shows it: rounding of products is in it, which the residuals that
 * iterations carry along do not see.
 */
function residualsOf(
  weights: Float64Array,
  others: Float64Array | undefined,
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
    /** The norms of an expression, in both scalar products, without its mean where that is free. */
    const norms = (at: (k: number) => number): readonly number[] => {
      let [mass, total] = [0, 0];
      for (let i = element * count; singular && i < (element + 1) * count; i++) {
        mass += weights[i];
        total += weights[i] * at(i * size + c);
      }
      const mean = singular ? total / mass : 0;
      return [weights, others].map((by) => {
        let squares = 0;
        for (let i = element * count; by && i < (element + 1) * count; i++)
          squares += by[i] * (at(i * size + c) - mean) ** 2;
        return Math.sqrt(squares);
      });
    };
    const whole = norms((k) => rightHandSide[k]);
    const left = norms((k) => next[k] - solution[k]);
    return Math.max(...whole.map((norm, k) => (norm > 0 ? (diagonal * left[k]) / norm : 0)));
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
    true,
  );
  const multipliers = bySide((from) =>
    bySide((side) =>
      found[from][side].map((value, k) =>
        isEmpty(side, k) ? ofEmpty[side][k] : value * masses[side][Math.floor(k / size)],
      ),
    ),
  );
  return { ...found, ...multipliers };
}

import { report, type Task } from '../tasks/task.js';
import { krylovBlock } from './krylovBlock.js';
import type { LinearOperator } from './linearOperator.js';
import { addTimes, dot } from './orthonormalized.js';

/** Linear systems with one operator on vectors [B, N, k], which is self-adjoint and not negative in a weighted scalar product. */
export interface HostSystems extends LinearOperator<Float64Array, Task<Float64Array>> {
  /** The weights of the scalar product, [B, N]: 0 or more. */
  readonly weights: Float64Array;
  readonly batch: number;
  /** Right-hand sides of each element, side by side: k of them. */
  readonly size: number;
  /** [B, N, k] */
  readonly rightHandSide: Float64Array;
  /**
   * How many of the last ones are there to see the operator by, with a part of every eigenvector: they end where a small eigenvalue would show
   * in what is left of them. Default 0.
   */
  readonly probes?: number;
  /** How many of those before the probes go along, and are as exact as the others make them. Default 0. */
  readonly riders?: number;
  /**
   * What happens to an error where solutions are used, over their right-hand sides, [B, k] without the riders and the probes: the larger, the smaller the residual
   * has to be. Default 0, where nothing is known of it.
   */
  readonly gains?: ArrayLike<number>;
  /** How small an eigenvalue has to be for nobody to want to know how small it is: probes end there too. Default 0. */
  readonly negligible?: number;
  /** Whether the operator takes vectors of equal numbers to 0: they are left out of right-hand sides and products then. */
  readonly singular: boolean;
  /** The weights of another scalar product, [B, N]: residuals have to be small in its norm too. Default: in that of `weights` alone. */
  readonly others?: Float64Array;
}

/** What was reached for each system, [B, k]. */
export interface HostSolutions {
  /** [B, N, k] */
  readonly solution: Float64Array;
  /** Products with the operator. */
  readonly iterations: number;
  /** The norms of the residuals, relative to those of the right-hand sides. */
  readonly residuals: Float64Array;
  /** About the norms of the errors of the solutions over those of the residuals, [B, k]: 1 or more, far more where eigenvalues are small. */
  readonly amplifications: Float64Array;
  /**
   * The smallest eigenvalue that any of them saw of the operator, 0 where a direction was flat or a probe came to no end; Infinity where there
   * was no step.
   */
  readonly smallest: number;
}

/**
 * How many times the tolerance solutions may be off, relative to their norm, as far as the smallest eigenvalue that was seen tells: where it
 * is small a small residual says little. At 300 points and blur .05 this asks for no step more than the residual does, and errors are a
 * seventh of what is told; where clouds all but fall apart it asks for a few more. Lower it for more exact solutions in more steps.
 */
const TOLD = 30;

/**
 * How many times the tolerance solutions may be off in the norm of the operator, relative to theirs, as far as the smallest eigenvalue tells:
 * derivatives of values are products with solutions, and off by about as much. Lower it for more exact ones in more steps. At 300 points and
 * blur .05 it asks for no step more than the residual does. Chosen.
 */
const TOLD_IN_ENERGY = 10;

/**
 * What is left of probes where they have seen all, over the part that an eigenvector has in one on average: one over the root of the points.
 * An eigenvalue far below those that were seen leaves its parts: with four probes that are half of random numbers, of which normal ones are
 * so small together once in a hundred times. Lower it to miss one less often, in more steps.
 */
const SEEN = 0.19;

/** How close the smallest eigenvalue that was seen is to what it was a step before, where it counts as found. Chosen, not measured. */
const SETTLED = 0.9;

/** A residual, relative, that is none but rounding. Some hundred roundings of float64. */
const ROUNDED = 1e-14;

/** How many solutions back it is seen how fast they come to rest. With one less, errors of 128 systems were up to 1.2 times those told. */
const LOOKED_BACK = 3;

/**
 * Conjugate gradients for several systems at once, those of an element in one block (`krylovBlock`): one product a step serves all. Vectors
 * and scalar products are in float64, whatever precision products are in.
 *
 * A system ends where its residual is `tolerance` times its right-hand side and its error, by the smallest eigenvalue once that is found, at
 * most 30 times the tolerance of its solution, and 10 times in the norm of the operator and where it is used; or where its direction is flat.
 */
export function* blockConjugateGradient(
  systems: HostSystems,
  tolerance: number,
  maxIterations: number,
): Task<HostSolutions> {
  const { weights, batch, size, rightHandSide, apply } = systems;
  const count = weights.length / batch;
  const elements = Array.from({ length: batch }, (_, element) => elementOf(systems, element, tolerance));
  let iterations = 0;
  while (iterations < maxIterations && !elements.every(({ isDone }) => isDone())) {
    yield* report({ stage: 'derivatives', iteration: iterations + 1 });
    // The number of vectors stays the same when some systems are done: kernels are compiled for that number.
    const directions = new Float64Array(rightHandSide.length);
    for (const [element, { block, isDone }] of elements.entries()) {
      if (!isDone()) put(directions, block.directions(), element * count, size);
    }
    const products = yield* apply(directions);
    iterations += 1;
    for (const [element, { block, step, isDone }] of elements.entries()) {
      if (!isDone()) step(taken(products, block.directions().length, element * count, count, size));
    }
  }
  const solution = new Float64Array(rightHandSide.length);
  for (const [element, { best }] of elements.entries()) {
    put(
      solution,
      best.map(({ vector }) => vector),
      element * count,
      size,
    );
  }
  return {
    solution,
    iterations,
    residuals: Float64Array.from(
      elements.flatMap(({ block, best, left }) => best.map((_, c) => (block.initial[c] > 0 ? Math.sqrt(left(c)) : 0))),
    ),
    amplifications: Float64Array.from(
      elements.flatMap(({ best, amplification }) => best.map((_, c) => amplification(c))),
    ),
    smallest: Math.min(...elements.map(({ smallest }) => smallest())),
  };
}

/** Puts vectors [N] side by side among others, from a row on. */
function put(into: Float64Array, vectors: readonly Float64Array[], from: number, size: number): void {
  for (const [c, vector] of vectors.entries()) {
    for (let i = 0; i < vector.length; i++) into[(from + i) * size + c] = vector[i];
  }
}

/** Takes the first of them out again. */
const taken = (all: Float64Array, vectors: number, from: number, count: number, size: number): Float64Array[] =>
  Array.from({ length: vectors }, (_, c) => Float64Array.from({ length: count }, (_, i) => all[(from + i) * size + c]));

/** The systems of one element, and when they are done. */
function elementOf(systems: HostSystems, element: number, tolerance: number) {
  const { batch, size, rightHandSide, singular, riders = 0, probes = 0, negligible = 0, gains, others } = systems;
  const count = systems.weights.length / batch;
  const weights = systems.weights.subarray(element * count, (element + 1) * count);
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  const dimension = weights.reduce((number, weight) => number + (weight > 0 ? 1 : 0), 0);
  const own = size - riders - probes;
  const constant = weights.map(() => 1 / Math.sqrt(mass));
  const rightHandSides = taken(rightHandSide, size, element * count, count, size);
  const block = krylovBlock(weights, rightHandSides, own, singular ? [constant] : []);
  const { initial } = block;
  /**
   * Of each system the solution on the way through all iterates that has the smallest residual (Schoenauer 1987; Zhou and Walker 1994): theirs go up
   * and down, and rounding can lead them astray.
   */
  const best = block.residuals().map((residual, c) => ({
    vector: new Float64Array(count),
    residual,
    square: initial[c],
  }));
  const other = others?.subarray(element * count, (element + 1) * count);
  const initially = best.map(({ residual }) => (other ? dot(other, residual, residual) : 0));
  /** The square of what is left of a right-hand side, relative: in the norm where it is larger. */
  const left = (c: number): number => {
    const { residual, square } = best[c];
    const inOther = other && initially[c] > 0 ? dot(other, residual, residual) / initially[c] : 0;
    return Math.max(square / initial[c], inOther);
  };
  let beginsAgain = false;
  /** The last solutions on the way, the latest first. */
  let earlier: (readonly Float64Array[])[] = [];
  const distance = (one: Float64Array, from: Float64Array): number => {
    const change = one.map((value, i) => value - from[i]);
    if (singular) addTimes(change, -dot(weights, constant, change), constant);
    return Math.sqrt(dot(weights, change, change));
  };
  /**
   * The error over the residual. Steps of conjugate gradients only ever come nearer, so that what the last ones moved tells how far there is
   * to go at the pace at which they grow shorter; the smoothed solution is off from where they are by what it is told to be.
   */
  const amplification = (c: number): number => {
    const residual = Math.sqrt(best[c].square);
    if (residual === 0 || earlier.length === 0 || c >= own) return 1;
    const moved = earlier.map((solutions) => distance(block.solutions[c], solutions[c]));
    const last = moved.length - 1;
    const pace = last > 0 && moved[last] > 0 ? Math.min(1, (moved[0] / moved[last]) ** (1 / last)) : 1;
    const ahead = pace < 0.5 ? (moved[0] * pace) / (1 - pace) : moved[0];
    const least = block.smallest(block.steps());
    return Math.max(1, Math.min((distance(best[c].vector, block.solutions[c]) + ahead) / residual, 1 / least));
  };
  const done = new Uint8Array(size);
  const isEnough = (c: number): boolean => {
    const { square } = best[c];
    if (square <= ROUNDED ** 2 * initial[c]) return true;
    if (left(c) > tolerance ** 2) return false;
    const gain = gains?.[element * own + c] ?? 0;
    const { solutions } = block;
    const least = block.smallest(block.steps());
    return (
      (block.steps() === 0 || least >= SETTLED * block.smallest(block.steps() - 1)) &&
      Math.sqrt(square) <= TOLD * tolerance * least * Math.sqrt(dot(weights, solutions[c], solutions[c])) &&
      square <= (TOLD_IN_ENERGY * tolerance) ** 2 * least * block.energy(c) &&
      gain ** 2 * square <= (TOLD_IN_ENERGY * tolerance) ** 2 * least * initial[c]
    );
  };
  const probesAreDone = (): boolean => {
    let left = 0;
    for (let c = size - probes; c < size; c++) if (initial[c] > 0) left += block.squares[c] / initial[c] / probes;
    return block.isFlat() || left <= SEEN ** 2 / dimension || block.smallest(block.steps()) <= negligible;
  };
  const look = () => {
    for (let c = 0; c < own; c++) if (done[c] === 0 && isEnough(c)) done[c] = 1;
    if (done.subarray(0, own).every((one) => one === 1) && (probes === 0 || probesAreDone())) done.fill(1, own);
  };
  look();
  return {
    block,
    best,
    left,
    isDone: () => block.directions().length === 0 || done.every((one) => one === 1),
    amplification,
    step(images: readonly Float64Array[]) {
      // To look again is no step.
      const before = block.solutions.slice(0, own).map((solution) => solution.slice());
      earlier = beginsAgain ? [] : [before, ...earlier.slice(0, LOOKED_BACK - 1)];
      block.step(images);
      const residuals = block.residuals();
      for (const [c, residual] of residuals.entries()) {
        const { vector, residual: last } = best[c];
        const change = residual.map((value, i) => value - last[i]);
        const length = dot(weights, change, change);
        const share = beginsAgain ? 1 : length > 0 ? -dot(weights, last, change) / length : 0;
        addTimes(last, share, change);
        for (let i = 0; i < count; i++) vector[i] += share * (block.solutions[c][i] - vector[i]);
        best[c].square = dot(weights, last, last) + block.leftOut[c];
      }
      beginsAgain = residuals.length === 0;
      look();
    },
    smallest: () => (block.isFlat() || done.subarray(own).includes(0) ? 0 : block.smallest(block.steps())),
  };
}

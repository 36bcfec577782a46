import { report, type Task } from '../tasks/task.js';
import type { LinearOperator } from './linearOperator.js';
import { smallestRitzValue } from './smallestRitzValue.js';

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
  /**
   * What becomes of an error where solutions are used, over their right-hand sides, [B, k] without the probes: the larger, the smaller the residual
   * has to be. Default 0, where nothing is known of it.
   */
  readonly gains?: ArrayLike<number>;
  /** How small an eigenvalue has to be for nobody to want to know how small it is: probes end there too. Default 0. */
  readonly negligible?: number;
  /** Whether the operator takes vectors of equal numbers to 0: they are left out of right-hand sides and products then. */
  readonly singular: boolean;
}

/** What was reached for each system, [B, k]. */
export interface HostSolutions {
  /** [B, N, k] */
  readonly solution: Float64Array;
  /** Products with the operator. */
  readonly iterations: number;
  /** The norms of the residuals, relative to those of the right-hand sides. */
  readonly residuals: Float64Array;
  /**
   * The smallest eigenvalue that any of them saw of the operator, 0 where a direction was flat or a probe came to no end; Infinity where there
   * was no step.
   */
  readonly smallest: number;
}

/**
 * A direction whose product has so small a part along it, relative, is one that the operator takes to 0, up to rounding: to go along it
 * would add a multiple of it that means nothing. Some roundings of float64; chosen, not measured.
 */
const FLAT = 1e-14;

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

/**
 * Conjugate gradients for several systems at once (Hestenes and Stiefel 1952): each has its own steps and its own end, and one product
 * a step serves all. Vectors and scalar products are in float64, whatever precision products are in.
 *
 * A system ends where its residual is `tolerance` times its right-hand side and its error, by the smallest eigenvalue once that is found, at
 * most 30 times the tolerance of its solution, and 10 times in the norm of the operator and where it is used; or where its direction is flat.
 */
export function* conjugateGradientOnHost(
  systems: HostSystems,
  tolerance: number,
  maxIterations: number,
): Task<HostSolutions> {
  const { weights, batch, size, rightHandSide, singular, apply, probes = 0, negligible = 0, gains } = systems;
  const count = weights.length / batch;
  const products = (left: Float64Array, right: Float64Array) => {
    const totals = new Float64Array(batch * size);
    for (let i = 0; i < weights.length; i++) {
      const first = Math.floor(i / count) * size;
      for (let c = 0; c < size; c++) totals[first + c] += weights[i] * left[i * size + c] * right[i * size + c];
    }
    return totals;
  };
  const norm = (vectors: Float64Array, k: number): number => {
    const [first, c] = [Math.floor(k / size) * count, k % size];
    let square = 0;
    for (let i = first; i < first + count; i++) square += weights[i] * vectors[i * size + c] ** 2;
    return Math.sqrt(square);
  };
  const masses = new Float64Array(batch);
  const dimensions = new Float64Array(batch);
  for (let i = 0; i < weights.length; i++) {
    const element = Math.floor(i / count);
    masses[element] += weights[i];
    if (weights[i] > 0) dimensions[element] += 1;
  }
  const project = (vectors: Float64Array) => {
    if (!singular) return;
    const means = new Float64Array(batch * size);
    for (let i = 0; i < weights.length; i++) {
      const element = Math.floor(i / count);
      for (let c = 0; c < size; c++) {
        means[element * size + c] += (weights[i] * vectors[i * size + c]) / masses[element];
      }
    }
    for (let k = 0; k < vectors.length; k++) vectors[k] -= means[Math.floor(k / (count * size)) * size + (k % size)];
  };
  /** target += factor of its system * vectors */
  const addTo = (target: Float64Array, factors: Float64Array, vectors: Float64Array) => {
    for (let k = 0; k < target.length; k++) {
      target[k] += factors[Math.floor(k / (count * size)) * size + (k % size)] * vectors[k];
    }
  };

  const residual = rightHandSide.slice();
  project(residual);
  const solution = new Float64Array(residual.length);
  const direction = residual.slice();
  let squares = products(residual, residual);
  const initial = squares;
  const flat = new Uint8Array(squares.length);
  const isProbe = (k: number) => k % size >= size - probes;
  /** The squares of the solutions' norms in the operator: each step adds to them (Hestenes and Stiefel 1952). */
  const energies = new Float64Array(squares.length);
  const taken = Array.from(squares, () => ({ lengths: [] as number[], kept: [] as number[] }));
  const done = new Uint8Array(squares.length);
  const smallestOf = (element: number) =>
    Math.min(...taken.slice(element * size, (element + 1) * size).map(smallestRitzValue));
  /** The smallest eigenvalue that was seen of each element, and what it was a step before. */
  let smallest = Float64Array.from(masses, () => Number.POSITIVE_INFINITY);
  let before = smallest;
  /** The mean of the squares of what is left of an element's probes, relative. */
  const leftOfProbes = (element: number): number => {
    let sum = 0;
    for (let k = (element + 1) * size - probes; k < (element + 1) * size; k++) {
      if (initial[k] > 0) sum += squares[k] / initial[k] / probes;
    }
    return sum;
  };
  const isEnough = (square: number, k: number): boolean => {
    const element = Math.floor(k / size);
    if (square <= ROUNDED ** 2 * initial[k]) return true;
    if (isProbe(k)) return leftOfProbes(element) <= SEEN ** 2 / dimensions[element] || smallest[element] <= negligible;
    if (square > tolerance ** 2 * initial[k]) return false;
    const least = smallest[element];
    const gain = gains?.[element * (size - probes) + (k % size)] ?? 0;
    return (
      least >= SETTLED * before[element] &&
      Math.sqrt(square) <= TOLD * tolerance * least * norm(solution, k) &&
      square <= (TOLD_IN_ENERGY * tolerance) ** 2 * least * energies[k] &&
      gain ** 2 * square <= (TOLD_IN_ENERGY * tolerance) ** 2 * least * initial[k]
    );
  };
  const isDone = (square: number, k: number): boolean => {
    if (done[k] === 0 && (flat[k] === 1 || isEnough(square, k))) done[k] = 1;
    return done[k] === 1;
  };
  /** Of systems that do not end the iterate with the smallest residual: rounding can lead others astray. */
  const best = { solution: solution.slice(), squares: squares.slice() };
  const copySystem = (from: Float64Array, to: Float64Array, k: number) => {
    const [first, c] = [Math.floor(k / size) * count, k % size];
    for (let i = first; i < first + count; i++) to[i * size + c] = from[i * size + c];
  };
  let iterations = 0;
  while (iterations < maxIterations && !squares.every(isDone)) {
    yield* report({ stage: 'derivatives', iteration: iterations + 1 });
    const product = yield* apply(direction);
    project(product);
    iterations += 1;
    const curvatures = products(direction, product);
    const lengths = products(direction, direction);
    const steps = squares.map((square, k) => {
      if (isDone(square, k)) return 0;
      if (curvatures[k] > FLAT * lengths[k]) return square / curvatures[k];
      flat[k] = 1;
      return 0;
    });
    addTo(solution, steps, direction);
    addTo(
      residual,
      steps.map((step) => -step),
      product,
    );
    const next = products(residual, residual);
    const keep = next.map((square, k) => (steps[k] === 0 ? 0 : square / squares[k]));
    for (const [k, step] of steps.entries()) {
      if (step === 0) continue;
      if (next[k] < best.squares[k]) {
        best.squares[k] = next[k];
        copySystem(solution, best.solution, k);
      }
      energies[k] += step * squares[k];
      taken[k].lengths.push(step);
      taken[k].kept.push(keep[k]);
    }
    for (let k = 0; k < direction.length; k++) {
      const system = Math.floor(k / (count * size)) * size + (k % size);
      direction[k] = residual[k] + keep[system] * direction[k];
    }
    squares = next;
    before = smallest;
    smallest = before.map((_, element) => smallestOf(element));
  }
  const isSeen = squares.every((square, k) => flat[k] === 0 && (isDone(square, k) || !isProbe(k)));
  for (const [k, square] of squares.entries()) {
    if ((isDone(square, k) && flat[k] === 0) || square <= best.squares[k]) continue;
    squares[k] = best.squares[k];
    copySystem(best.solution, solution, k);
  }
  return {
    solution,
    iterations,
    residuals: squares.map((square, k) => (initial[k] > 0 ? Math.sqrt(square / initial[k]) : 0)),
    smallest: isSeen ? Math.min(...smallest) : 0,
  };
}

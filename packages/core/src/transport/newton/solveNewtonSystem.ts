import { approximateCholesky, type Preconditioner } from '../../linear/approximateCholesky.js';
import { pause, type Task } from '../../tasks/task.js';
import { exactCholesky } from './exactCholesky.js';
import type { NewtonSystem } from './newtonSystem.js';
import { PAIRS_AT_ONCE } from './rowPass.js';

/** A solution, and what it took. */
export interface NewtonSolution {
  readonly solution: Float64Array;
  readonly iterations: number;
  /** The factorisation that was used, where the diagonal was too poor a preconditioner. */
  readonly factors?: Preconditioner;
}

/**
 * Added to the diagonal, relative to it: groups between which no mass flows leave S singular. Raising it makes steps shorter in such
 * directions. Chosen, not measured.
 */
const RIDGE = 1e-9;
/**
 * Conjugate gradient iterations with the diagonal before the graph is factorised. Raising it factorises less often, after more iterations
 * in vain. Chosen, not measured by itself.
 */
const DIAGONAL_ITERATIONS = 40;
/**
 * Iterations with the factorisation of an earlier system, from which a step may have led far away, before there is a new one: a factorisation
 * takes as long as some hundred. Chosen: no other number was tried.
 */
const EARLIER_ITERATIONS = 20;
/** And after that, at most: a step need not be exact. */
const MOST_ITERATIONS = 200;
/**
 * Columns up to which the system is factorised as it is: in less time than many iterations take. Raising it costs M^3 / 3 operations.
 * Chosen, not measured by itself.
 */
const FEW_COLUMNS = 100;
/** Columns for each iteration that may be done before that: about as much work as the factorisation is. */
const ITERATIONS_OF_COLUMNS = 8;
/**
 * Entries below this share of both their row and their column are left out of the factorisation, not of the system. Raising it makes it
 * cheaper and a worse preconditioner. Chosen, not measured.
 */
const NEGLIGIBLE = 1e-7;

/**
 * Solves S v = rhs by preconditioned conjugate gradients to a relative residual: with the diagonal as long as that does, with an
 * approximate Cholesky factorisation of the graph from then on.
 *
 * @param earlier - The factors of a similar system, to begin with.
 * @param startHard - Whether to begin with a factorisation at once.
 */
export function* solveNewtonSystem(
  system: NewtonSystem,
  rhs: Float64Array,
  tolerance: number,
  startHard: boolean,
  earlier?: Preconditioner,
): Task<NewtonSolution> {
  const count = rhs.length;
  const diagonal = system.column.map((value) => value * (1 + RIDGE));
  const solution = new Float64Array(count);
  const residual = rhs.slice();
  const product = new Float64Array(count);
  const direction = new Float64Array(count);
  const preconditioned = new Float64Array(count);
  const norm = () => {
    let total = 0;
    for (let j = 0; j < count; j++) total += (residual[j] * residual[j]) / diagonal[j];
    return total;
  };
  const limit = tolerance * tolerance * norm();
  let iterations = 0;

  /** Iterations that are some milliseconds of work. */
  const atOnce = Math.ceil(PAIRS_AT_ONCE / (1 + system.pairs.length));

  const iterate = function* (precondition: Preconditioner, most: number): Task<boolean> {
    let before = 0;
    for (let k = 0; k < most; k++) {
      if (norm() <= limit) return true;
      if (k % atOnce === 0) yield* pause();
      preconditioned.set(residual);
      precondition(preconditioned);
      const projection = dot(residual, preconditioned);
      const keep = k === 0 ? 0 : projection / before;
      before = projection;
      for (let j = 0; j < count; j++) direction[j] = preconditioned[j] + keep * direction[j];
      multiply(system, diagonal, direction, product);
      const curvature = dot(direction, product);
      iterations += 1;
      // Rounding has taken over: there is nothing more to gain.
      if (!(curvature > 0 && projection > 0)) return true;
      const step = projection / curvature;
      for (let j = 0; j < count; j++) {
        solution[j] += step * direction[j];
        residual[j] -= step * product[j];
      }
    }
    return norm() <= limit;
  };

  const byDiagonal: Preconditioner = (vector) => {
    for (let j = 0; j < count; j++) vector[j] /= diagonal[j];
  };
  const isSmall = count <= FEW_COLUMNS;
  if (earlier) {
    // What is factorised as it is takes less time than iterations.
    if (!isSmall && (yield* iterate(earlier, EARLIER_ITERATIONS)) && norm() <= limit) {
      return { solution, iterations, factors: earlier };
    }
  } else if (
    !startHard &&
    (yield* iterate(byDiagonal, isSmall ? count / ITERATIONS_OF_COLUMNS : DIAGONAL_ITERATIONS))
  ) {
    return { solution, iterations };
  }
  const factors = isSmall ? exactCholesky(system, RIDGE) : yield* byGraph(system);
  yield* iterate(factors, MOST_ITERATIONS);
  return { solution, iterations, factors };
}

/** The mass that a solution leaves out of its right side, as what was added to the diagonal holds soft modes: a sum of absolute values. */
export const heldBack = ({ column }: NewtonSystem, solution: Float64Array): number =>
  column.reduce((total, mass, j) => total + RIDGE * mass * Math.abs(solution[j]), 0);

function dot(left: Float64Array, right: Float64Array): number {
  let total = 0;
  for (let j = 0; j < left.length; j++) total += left[j] * right[j];
  return total;
}

/** product = S vector */
function multiply(
  { pairs, plan, row }: NewtonSystem,
  diagonal: Float64Array,
  vector: Float64Array,
  product: Float64Array,
): void {
  for (let j = 0; j < vector.length; j++) product[j] = diagonal[j] * vector[j];
  const { column } = pairs;
  for (let i = 0; i < row.length; i++) {
    // Penalties leave a row far from everything no mass that is a number.
    if (row[i] === 0) continue;
    const [begin, end] = [pairs.begin(i), pairs.end(i)];
    let total = 0;
    for (let k = begin; k < end; k++) total += plan[k] * vector[column[k]];
    total /= row[i];
    for (let k = begin; k < end; k++) product[column[k]] -= plan[k] * total;
  }
}

function* byGraph({ pairs, plan, row, column, rowGround, columnGround }: NewtonSystem): Task<Preconditioner> {
  const rows = row.length;
  const from = new Int32Array(pairs.length);
  const to = new Int32Array(pairs.length);
  const weight = new Float64Array(pairs.length);
  let edges = 0;
  for (let i = 0; i < rows; i++) {
    for (let k = pairs.begin(i); k < pairs.end(i); k++) {
      const j = pairs.column[k];
      if (plan[k] <= NEGLIGIBLE * Math.min(row[i], column[j])) continue;
      from[edges] = i;
      to[edges] = rows + j;
      weight[edges++] = plan[k];
    }
  }
  const ground = new Float64Array(rows + column.length);
  ground.set(rowGround);
  column.forEach((value, j) => {
    ground[rows + j] = columnGround[j] + RIDGE * value;
  });
  const solve = yield* approximateCholesky({
    nodes: ground.length,
    from: from.subarray(0, edges),
    to: to.subarray(0, edges),
    weight: weight.subarray(0, edges),
    ground,
  });
  const both = new Float64Array(ground.length);
  return (vector) => {
    both.fill(0, 0, rows);
    both.set(vector, rows);
    solve(both);
    vector.set(both.subarray(rows));
  };
}

import { addTimes, type Columns, combined, dot, orthonormalized, type Rows } from './orthonormalized.js';
import { smallCholesky, solvedLower, solvedUpper } from './smallCholesky.js';
import { smallestRitzValue } from './smallestRitzValue.js';

/**
 * A direction whose product has so small a part along it, relative, is one that the operator takes to 0, up to rounding: to go along it
 * would add a multiple of it that means nothing. Some hundred roundings of float64; with ten, products of clouds 100 diameters apart were off by 4e-8.
 */
const FLAT = 1e-13;

/** What is left of a direction after others, relative, that is none but rounding. As above. */
const NEGLIGIBLE = 1e-14;

/** Conjugate gradients for several right-hand sides of one operator, a step at a time. */
export interface KrylovBlock {
  /** The solutions so far. */
  readonly solutions: Columns;
  /** The squares of the norms of the right-hand sides. */
  readonly initial: Float64Array;
  /** The squares of the norms of what is left, without what was left out as flat. */
  readonly squares: Float64Array;
  /** The squares of the norms of what was left out. */
  readonly leftOut: Float64Array;
  /** What the operator is to be applied to: no more than there are right-hand sides, and none where nothing is left. */
  directions(): Columns;
  /** Goes on by a step, from the products of the directions with the operator, which it overwrites. */
  step(images: Columns): void;
  /** What is left of each right-hand side, without what was left out: none where that is not known yet. */
  residuals(): Float64Array[];
  /** Steps since it began, or began again without a flat direction. */
  steps(): number;
  /** Whether there were directions that the operator takes to 0. */
  isFlat(): boolean;
  /** The square of the norm of a solution in the operator. */
  energy(c: number): number;
  /** The smallest eigenvalue that was seen in so many steps, Infinity before the first. */
  smallest(steps: number): number;
}

/**
 * Conjugate gradients whose steps are the best that all directions together allow (O'Leary 1980; with orthonormal residuals, Dubrulle 2001):
 * what one right-hand side sees of the operator serves the others. Right-hand sides that depend on each other, or that a space is too small
 * for, leave fewer directions.
 *
 * With Q orthonormal, the residuals are Q C, directions S = Q + S before zeta', and a step of G^-1 = (S' A S)^-1 makes Q - A S G^-1 of Q.
 *
 * @param wanted - of the right-hand sides whose solutions are wanted: the others end where a direction is flat, since to go on with them would
 *   bring what rounding leaves of it into all.
 * @param nullSpace - orthonormal vectors that the operator takes to 0: they are left out of right-hand sides and products.
 */
export function krylovBlock(
  weights: Float64Array,
  rightHandSides: Columns,
  wanted: number,
  nullSpace: Columns,
): KrylovBlock {
  const flat = [...nullSpace];
  const solutions = rightHandSides.map((vector) => new Float64Array(vector.length));
  const residuals = rightHandSides.map((vector) => vector.slice());
  for (const residual of residuals) project(residual);
  const initial = Float64Array.from(residuals, (vector) => dot(weights, vector, vector));
  const squares = initial.slice();
  const leftOut = new Float64Array(initial.length);
  let directions: Columns;
  let basis: Columns;
  let parts: Rows;
  /** Right-hand sides that are gone on with. */
  let width: number;
  /** Whether directions are the solutions, whose images tell what is left. */
  let isLooking = false;
  /** Lanczos's matrix, and what it takes of the step before. */
  let diagonal: Rows[];
  let below: Rows[];
  let carried: Rows;
  let seen: number[];
  begin(residuals);

  return {
    solutions,
    initial,
    squares,
    leftOut,
    directions: () => directions,
    residuals: () => (isLooking ? [] : combined(basis, parts, width, weights.length)),
    steps: () => diagonal.length,
    isFlat: () => flat.length > nullSpace.length,
    energy: (c) => dot(weights, solutions[c], rightHandSides[c]),
    smallest(steps) {
      seen[steps] ??= smallestRitzValue({ diagonal: diagonal.slice(0, steps), below });
      return seen[steps];
    },
    step(images) {
      if (isLooking) {
        lookAgain(images);
        return;
      }
      for (const image of images) project(image);
      const rank = directions.length;
      const products = directions.map((left) => images.map((image) => dot(weights, left, image)));
      const gram = products.map((row, r) => Float64Array.from(row, (value, c) => (value + products[c][r]) / 2));
      const { factor, flat: row } = smallCholesky(gram, (r) => FLAT * dot(weights, directions[r], directions[r]));
      if (row !== undefined) {
        const back = solvedUpper(factor.slice(0, row), factor[row]);
        leaveOut((r) => (r === row ? 1 : r < row ? -back[r] : 0));
        return;
      }
      /** The columns of the inverse of the gram matrix times others. */
      const inverseTimes = (columns: Columns): Rows =>
        transposed(
          columns.map((column) => solvedUpper(factor, solvedLower(factor, column))),
          rank,
        );
      const lengths = inverseTimes(transposed(parts, width));
      for (const [c, step] of combined(directions, lengths, width).entries()) addTimes(solutions[c], 1, step);
      const inverse = inverseTimes(gram.map((_, r) => Float64Array.from(gram, (_, c) => (r === c ? 1 : 0))));
      const left = combined(images, inverse, rank).map((image, c) => basis[c].map((value, i) => value - image[i]));
      const next = orthonormalized(weights, left, NEGLIGIBLE);
      const number = next.basis.length;
      const kept = transposed(next.factor, rank);
      // T_kk = G + zeta (G before) zeta', and below it -(zeta next) G.
      diagonal.push(gram.map((row, r) => row.map((value, c) => value + (carried[r]?.[c] ?? 0))));
      const across = combined(gram, kept, number);
      below.push(across.map((row) => row.map((value) => -value)));
      carried = combined(kept, transposed(across, rank), number);
      const along = combined(directions, kept, number);
      directions = next.basis.map((vector, c) => vector.map((value, i) => value + along[c][i]));
      basis = next.basis;
      parts = combined(parts, kept, number);
      measure();
    },
  };

  /** Leaves flat directions out of a vector. @returns the square of the norm of what that was, but for the null space. */
  function project(vector: Float64Array): number {
    let left = 0;
    for (const [k, direction] of flat.entries()) {
      const part = dot(weights, direction, vector);
      addTimes(vector, -part, direction);
      if (k >= nullSpace.length) left += part ** 2;
    }
    return left;
  }

  /** Begins with residuals, relative to their right-hand sides. */
  function begin(left: Columns): void {
    const lengths = initial.map(Math.sqrt);
    const relative = left.map((vector, c) => vector.map((value) => (lengths[c] > 0 ? value / lengths[c] : 0)));
    const found = orthonormalized(weights, relative, NEGLIGIBLE);
    basis = found.basis;
    directions = basis;
    parts = found.factor.map((row) => row.map((value, c) => value * lengths[c]));
    diagonal = [];
    below = [];
    carried = [];
    seen = [];
    width = left.length;
    measure();
  }

  function measure(): void {
    for (let c = 0; c < width; c++) squares[c] = parts.reduce((sum, row) => sum + row[c] ** 2, 0);
  }

  /** Leaves a combination of directions out, and has a look at what is left: what was carried along has rounding of the others in it. */
  function leaveOut(factor: (r: number) => number): void {
    const vector = new Float64Array(weights.length);
    for (const [r, direction] of directions.entries()) addTimes(vector, factor(r), direction);
    const length = Math.sqrt(dot(weights, vector, vector));
    flat.push(vector.map((value) => value / length));
    squares.fill(Number.POSITIVE_INFINITY, 0, wanted);
    directions = solutions.slice(0, wanted);
    // However far they went along it: that would be rounding in all that follows.
    for (const solution of directions) project(solution);
    isLooking = true;
  }

  function lookAgain(images: Columns): void {
    const left = images.map((image, c) => rightHandSides[c].map((value, i) => value - image[i]));
    for (const [c, residual] of left.entries()) leftOut[c] = project(residual);
    isLooking = false;
    begin(left);
  }
}

/** The columns of a matrix, of which there are `size`. */
const transposed = (matrix: Rows, size: number): Rows =>
  Array.from({ length: size }, (_, c) => Float64Array.from(matrix, (row) => row[c]));

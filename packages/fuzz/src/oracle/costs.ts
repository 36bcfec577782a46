import { type Cloud, countOf, difference, squaredDistance } from './cloud.js';
import {
  add,
  type DoubleDouble,
  DoubleDoubles,
  divide,
  from,
  log,
  multiply,
  negate,
  ONE,
  squareRoot,
  subtract,
  ZERO,
} from './doubleDouble.js';

/** |x - y| for 1, |x - y|^2 / 2 for 2. */
export type Power = 1 | 2;

/** What it costs to move a point of one cloud to a point of another one. */
export interface PairCost {
  /** Whether the way back costs something else. */
  readonly isAsymmetric?: boolean;
  at(x: Cloud, i: number, y: Cloud, j: number): DoubleDouble;
  /** Its derivatives by the coordinates of x_i; 0 where it has none. */
  slopes(x: Cloud, i: number, y: Cloud, j: number): readonly DoubleDouble[];
}

const HALF = from(0.5);

/** A cost of the squared distance s alone: its value, and twice its derivative by s, which the difference x - y is multiplied by. */
const radial = (value: (s: DoubleDouble) => DoubleDouble, factor: (s: DoubleDouble) => DoubleDouble): PairCost => ({
  at: (x, i, y, j) => value(squaredDistance(x, i, y, j)),
  slopes(x, i, y, j) {
    const by = factor(squaredDistance(x, i, y, j));
    return Array.from({ length: x.dimension }, (_, axis) => multiply(difference(x, i, y, j, axis), by));
  },
});

/** A sum over axes of a function of the difference along each. */
const additive = (
  value: (along: DoubleDouble, axis: number) => DoubleDouble,
  slope: (along: DoubleDouble, axis: number) => DoubleDouble,
): PairCost => {
  const each = <T>(x: Cloud, i: number, y: Cloud, j: number, of: (along: DoubleDouble, axis: number) => T): T[] =>
    Array.from({ length: x.dimension }, (_, axis) => of(difference(x, i, y, j, axis), axis));
  return {
    at: (x, i, y, j) => each(x, i, y, j, value).reduce(add, ZERO),
    slopes: (x, i, y, j) => each(x, i, y, j, slope),
  };
};

const inverse = (value: DoubleDouble): DoubleDouble => (value.hi === 0 ? ZERO : divide(ONE, value));
const absolute = (value: DoubleDouble): DoubleDouble => (value.hi < 0 ? negate(value) : value);

export const powerCost = (power: Power): PairCost =>
  power === 1
    ? radial(squareRoot, (s) => inverse(squareRoot(s)))
    : radial(
        (s) => multiply(s, HALF),
        () => ONE,
      );

export const manhattan: PairCost = additive(absolute, (along) => from(Math.sign(along.hi)));

/** sum_k w_k (x_k - y_k)^2 / 2. */
export const weightedSquares = (weights: readonly number[]): PairCost =>
  additive(
    (along, axis) => multiply(from(weights[axis] / 2), multiply(along, along)),
    (along, axis) => multiply(from(weights[axis]), along),
  );

/** sum_k d^2 for d = x_k - y_k above 0, and d^2 / 2 below: the way back costs less. */
export const uphill: PairCost = {
  isAsymmetric: true,
  ...additive(
    (along) => multiply(from(along.hi > 0 ? 1 : 0.5), multiply(along, along)),
    (along) => multiply(from(along.hi > 0 ? 2 : 1), along),
  ),
};

/** length (sqrt(length^2 + r^2) - length). */
export const pseudoHuber = (length: number): PairCost => {
  const root = (s: DoubleDouble) => squareRoot(add(s, from(length ** 2)));
  return radial(
    (s) => multiply(from(length), divide(s, add(root(s), from(length)))),
    (s) => divide(from(length), root(s)),
  );
};

/** length^2 / 2 log(1 + r^2 / length^2). */
export const logarithmic = (length: number): PairCost => {
  const grown = (s: DoubleDouble) => add(ONE, divide(s, from(length ** 2)));
  return radial(
    (s) => multiply(from(length ** 2 / 2), log(grown(s))),
    (s) => inverse(grown(s)),
  );
};

/** r^2 / 2 up to the threshold, and threshold (r - threshold / 2) beyond. */
export const huber = (threshold: number): PairCost =>
  radial(
    (s) =>
      s.hi <= threshold ** 2
        ? multiply(s, HALF)
        : multiply(from(threshold), subtract(squareRoot(s), from(threshold / 2))),
    (s) => (s.hi <= threshold ** 2 ? ONE : divide(from(threshold), squareRoot(s))),
  );

/** r^4 / 4. */
export const quartic: PairCost = radial(
  (s) => multiply(from(0.25), multiply(s, s)),
  (s) => s,
);

/** (r^2 + length^2)^(1 / 4). */
export const smoothRoot = (length: number): PairCost => {
  const grown = (s: DoubleDouble) => add(s, from(length ** 2));
  return radial(
    (s) => squareRoot(squareRoot(grown(s))),
    (s) => divide(HALF, multiply(squareRoot(grown(s)), squareRoot(squareRoot(grown(s))))),
  );
};

/** Points whose last coordinate is a label: the cost of the others, and what one label costs from another. */
export const labelled = (cost: PairCost, matrix: ArrayLike<number>, classes: number): PairCost => {
  const bare = ({ points, weights, dimension }: Cloud, i: number): Cloud => ({
    points: Array.from({ length: dimension - 1 }, (_, axis) => points[i * dimension + axis]),
    weights,
    dimension: dimension - 1,
  });
  const labelOf = ({ points, dimension }: Cloud, i: number) => points[(i + 1) * dimension - 1];
  return {
    at: (x, i, y, j) =>
      add(cost.at(bare(x, i), 0, bare(y, j), 0), from(matrix[labelOf(x, i) * classes + labelOf(y, j)])),
    slopes: (x, i, y, j) => [...cost.slopes(bare(x, i), 0, bare(y, j), 0), ZERO],
  };
};

/** Points that are numbers of rows and columns of a matrix. */
export const looked = (matrix: ArrayLike<number>, columns: number): PairCost => ({
  at: (x, i, y, j) => from(matrix[x.points[i] * columns + y.points[j]]),
  slopes: () => [ZERO],
});

/** All costs, [N, M]. */
export function costs(x: Cloud, y: Cloud, cost: PairCost): DoubleDoubles {
  const result = new DoubleDoubles(countOf(x) * countOf(y));
  for (let i = 0; i < countOf(x); i++) {
    for (let j = 0; j < countOf(y); j++) result.set(i * countOf(y) + j, cost.at(x, i, y, j));
  }
  return result;
}

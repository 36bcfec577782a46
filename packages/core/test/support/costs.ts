import { mul, squaredDistance } from '../../src/formula/expression.js';
import { type Cost, powerCost } from '../../src/geometry/cost.js';

/** A cost twice: as the formula under test takes it, and as a plain function. */
export interface TwofoldCost {
  readonly formula: Cost;
  readonly plain: (x: readonly number[], y: readonly number[]) => number;
}

const length = (vector: readonly number[]) => Math.hypot(...vector);

/** |x - y|^2 / 2 */
export const halfSquares: TwofoldCost = {
  formula: powerCost(2),
  plain: (x, y) => length(x.map((value, c) => value - y[c])) ** 2 / 2,
};

/** |x - y| */
export const distances: TwofoldCost = {
  formula: powerCost(1),
  plain: (x, y) => length(x.map((value, c) => value - y[c])),
};

/** |x - 2y|^2 / 2: not symmetric, so that exchanged points are noticed. */
export const asymmetric: TwofoldCost = {
  formula: (x, y) => mul(0.5, squaredDistance(x, mul(2, y))),
  plain: (x, y) => length(x.map((value, c) => value - 2 * y[c])) ** 2 / 2,
};

import { distance, type Expression, mul, squaredDistance } from '../formula/expression.js';

/** A ground cost: a formula of a point x of the first measure and a point y of the second. */
export type Cost = (x: Expression, y: Expression) => Expression;

/** The costs the losses know by the exponent p: |x - y| for p = 1, |x - y|^2 / 2 for p = 2. */
export const powerCost = (p: 1 | 2): Cost => (p === 1 ? distance : halfSquare);

// The same function each time: geometries tell by it that they are given this cost.
const halfSquare: Cost = (x, y) => mul(0.5, squaredDistance(x, y));

import { abs, sub } from '../../formula/expression.js';
import { type Cost, powerCost } from '../cost.js';

/** The cost along an axis: |x - y|^2 / 2 for p = 2, |x - y| otherwise, which adds up to Manhattan's distance. */
export const axisCost = (p: number): Cost => (p === 2 ? alongAxis.squared : alongAxis.absolute);

// The same function each time: its formulas are made once.
const alongAxis = { squared: powerCost(2), absolute: ((x, y) => abs(sub(x, y))) as Cost };

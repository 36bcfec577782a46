import { derivative } from '../formula/derivative.js';
import type { Expression } from '../formula/expression.js';
import type { Side } from '../measure/side.js';
import type { Cost } from '../sinkhorn/cost.js';
import { pairFormulas } from '../sinkhorn/score.js';

/** What softmins with their gradients are made of: scores, and the cost's gradient in the row's point to be averaged. */
export function softminFormulas(cost: Cost, side: Side, dimension: number): { score: Expression; value: Expression } {
  const { score, cost: between, point } = pairFormulas(cost, side, dimension);
  return { score, value: derivative(between, point) };
}

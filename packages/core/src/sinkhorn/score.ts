import { add, column, type Expression, mul, parameter, row, sub, type Variable } from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import type { Side } from '../measure/side.js';
import type { Cost } from './cost.js';

/** The formulas of a pass over pairs, with row variable `point` and column variables `point`, `logWeight`, `potential`. */
export interface PairFormulas {
  /** The row's point, as a variable to differentiate by. */
  readonly point: Variable;
  /** C(x_i, y_j), or C(x_j, y_i) when rows are points of y. */
  readonly cost: Expression;
  /** log b_j + (g_j - C(x_i, y_j)) / eps, with what depends on j alone kept together; parameter `inverseEpsilon`. */
  readonly score: Expression;
}

/** The formulas of a pass whose rows are the points of `side`. */
export function pairFormulas(cost: Cost, side: Side, dimension: number): PairFormulas {
  const point = row('point', dimension);
  const against = column('point', dimension);
  const between = side === 'x' ? cost(point, against) : cost(against, point);
  const inverse = parameter('inverseEpsilon');
  const ofColumn = add(column('logWeight'), mul(inverse, column('potential')));
  return { point, cost: between, score: simplify(sub(ofColumn, mul(inverse, between))) };
}

import { add, column, mul, parameter, powerCost, row, simplify, sub } from '@sinkhorn/core';

/** The score log b_j + (g_j - C(x_i, y_j)) / eps, and what it is made of, as the library writes them. */
export function pairScore(p: 1 | 2, dimension: number) {
  const point = row('point', dimension);
  const cost = powerCost(p)(point, column('point', dimension));
  const inverse = parameter('inverseEpsilon');
  const ofColumn = add(column('logWeight'), mul(inverse, column('potential')));
  return { point, cost, score: simplify(sub(ofColumn, mul(inverse, cost))) };
}

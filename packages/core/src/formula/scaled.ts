import { binary, type Expression, mul, neg } from './expression.js';
import { variationOf } from './variation.js';

/**
 * A number times a scalar expression, with the number taken to where it costs nothing: into what one side alone or
 * parameters alone decide.
 *
 * @example
 * ```ts
 * import { column, expressionKey, mul, parameter, row, scaled, square, sub } from '@sinkhorn/core';
 *
 * const far = square(sub(row('x'), column('y')));
 * const key = expressionKey(scaled(2, mul(parameter('a'), far)));
 * if (key !== expressionKey(mul(mul(2, parameter('a')), far))) throw new Error('unexpected');
 * ```
 */
export function scaled(factor: number, expression: Expression): Expression {
  const variation = variationOf();
  const visit = (node: Expression): Expression => {
    if (node.type === 'unary' && node.operator === 'neg') return neg(visit(node.argument));
    if (node.type === 'binary' && (node.operator === 'add' || node.operator === 'sub')) {
      return binary(node.operator, visit(node.left), visit(node.right));
    }
    if (node.type === 'binary' && node.operator === 'mul') {
      const { byRow, byColumn } = variation(node);
      const left = variation(node.left);
      if (byRow && byColumn && !(left.byRow && left.byColumn)) return mul(visit(node.left), node.right);
    }
    return mul(factor, node);
  };
  return visit(expression);
}

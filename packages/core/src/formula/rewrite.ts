import { binary, component, type Expression, sum, unary } from './expression.js';

/**
 * An expression with some of its nodes replaced: `replace` is asked from the top down, and nothing below a hit.
 *
 * @throws InvalidFormulaError when a replacement does not have a size that fits.
 *
 * @example
 * ```ts
 * import { add, expressionKey, mul, rewrite, row } from '@sinkhorn/core';
 *
 * const [u, v] = [row('u'), row('v')];
 * const swapped = rewrite(add(mul(2, u), v), (node) => (node === u ? v : node === v ? u : undefined));
 * if (expressionKey(swapped) !== expressionKey(add(mul(2, v), u))) throw new Error('unexpected');
 * ```
 */
export function rewrite(expression: Expression, replace: (node: Expression) => Expression | undefined): Expression {
  const known = new Map<Expression, Expression>();
  const visit = (node: Expression): Expression => {
    let result = known.get(node);
    if (!result) {
      result = replace(node) ?? rebuild(node, visit);
      known.set(node, result);
    }
    return result;
  };
  return visit(expression);
}

function rebuild(node: Expression, visit: (node: Expression) => Expression): Expression {
  switch (node.type) {
    case 'unary':
      return unary(node.operator, visit(node.argument));
    case 'binary':
      return binary(node.operator, visit(node.left), visit(node.right));
    case 'sum':
      return sum(visit(node.argument));
    case 'component':
      return component(visit(node.argument), node.index);
    default:
      return node;
  }
}

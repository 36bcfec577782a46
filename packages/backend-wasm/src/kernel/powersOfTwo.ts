import { type Expression, exp, mul, rewrite, scaled, variationOf } from '@sinkhorn/core';

/**
 * The same formula with exponentials of products taken in powers of two, as exp(log 2 * t), where that saves a product
 * for each pair: a factor that is the same for a whole row or column takes log2 e along.
 */
export function withPowersOfTwo(expression: Expression): Expression {
  const variation = variationOf();
  const isFree = (node: Expression): boolean => {
    if (node.type === 'unary' && node.operator === 'neg') return isFree(node.argument);
    if (node.type !== 'binary' || node.operator !== 'mul') return false;
    const [whole, left] = [variation(node), variation(node.left)];
    return whole.byRow && whole.byColumn && !(left.byRow && left.byColumn);
  };
  const replace = (node: Expression): Expression | undefined => {
    if (node.type !== 'unary' || node.operator !== 'exp' || node.size > 1 || !isFree(node.argument)) return undefined;
    return exp(mul(Math.LN2, scaled(Math.LOG2E, rewrite(node.argument, replace))));
  };
  return rewrite(expression, replace);
}

/** The t of a formula exp(log 2 * t), given what the exponential is taken of. */
export const exponentInBits = (argument: Expression): Expression | undefined =>
  argument.type === 'binary' &&
  argument.operator === 'mul' &&
  argument.left.type === 'constant' &&
  argument.left.values[0] === Math.LN2
    ? argument.right
    : undefined;

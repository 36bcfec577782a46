import { argumentsOf, binary, component, type Expression, exp, mul, neg, sum, unary } from '@sinkhorn/core';

/** An expression with some of its nodes replaced: `replace` is asked from the top down, and nothing below a hit. */
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

/** What a value differs by: nothing, the row, the column, or both. */
export interface Variation {
  readonly byRow: boolean;
  readonly byColumn: boolean;
}

/** Tells of expressions what they differ by; it remembers what it was asked. */
export function variationOf(): (node: Expression) => Variation {
  const known = new Map<Expression, Variation>();
  const visit = (node: Expression): Variation => {
    let variation = known.get(node);
    if (!variation) {
      const parts = argumentsOf(node).map(visit);
      variation =
        node.type === 'variable'
          ? { byRow: node.side !== 'column', byColumn: node.side === 'column' }
          : { byRow: parts.some(({ byRow }) => byRow), byColumn: parts.some(({ byColumn }) => byColumn) };
      known.set(node, variation);
    }
    return variation;
  };
  return visit;
}

/**
 * A number times a scalar expression, with the number taken to where it costs nothing: into what one side alone or
 * parameters alone decide.
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

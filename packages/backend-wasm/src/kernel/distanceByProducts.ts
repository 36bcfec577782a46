import { add, type Expression, max, mul, rewrite, square, sub, sum, variationOf } from '@sinkhorn/core';
import { UNROLLED_SIZE } from './formulaCode.js';

/** A formula over pairs whose squared distance is |x|^2 + |y|^2 - 2 <x, y>, which takes half of the operations. */
export interface ByProducts {
  readonly value: Expression;
  /** Above 0 where the points of a pair are so close that digits were lost. */
  readonly closeness: Expression;
  /** Whether rows and columns may be exchanged where both are the same points. */
  readonly isSymmetric: boolean;
}

/**
 * Below this part of |x|^2 + |y|^2 squared distances are summed from differences. Rounding of products is 1 / CLOSE times that of differences at
 * most; raising it makes that less, and sums more distances both ways. Chosen.
 */
const CLOSE = 1 / 64;

/** The formula by products; undefined where no squared distance of long vectors between rows and columns is part of it, or more than one. */
export function distanceByProducts(value: Expression): ByProducts | undefined {
  const variation = variationOf();
  const found = new Set<Expression>();
  let closeness: Expression | undefined;
  let hasOthers = false;
  const replaced = rewrite(value, (node) => {
    if (node.type === 'variable') hasOthers = true;
    const parts = differenceOf(node);
    if (!parts) return undefined;
    const [one, two] = parts;
    const [left, right] = [variation(one), variation(two)];
    if (left.byColumn === left.byRow || right.byColumn === right.byRow || left.byRow === right.byRow) return undefined;
    found.add(node);
    const norms = add(sum(square(one)), sum(square(two)));
    const products = sub(norms, mul(2, sum(mul(one, two))));
    closeness = sub(mul(CLOSE, norms), products);
    return max(products, 0);
  });
  if (found.size !== 1 || !closeness) return undefined;
  const [distance] = found;
  const [one, two] = differenceOf(distance) as [Expression, Expression];
  const isBare = one.type === 'variable' && two.type === 'variable' && one.name === two.name;
  return { value: replaced, closeness, isSymmetric: isBare && !hasOthers };
}

/** Both sides of a long squared distance. */
function differenceOf(node: Expression): [Expression, Expression] | undefined {
  if (node.type !== 'sum' || node.argument.type !== 'unary' || node.argument.operator !== 'square') return undefined;
  const difference = node.argument.argument;
  if (difference.type !== 'binary' || difference.operator !== 'sub' || difference.size <= UNROLLED_SIZE)
    return undefined;
  const { left, right } = difference;
  return left.size === difference.size && right.size === difference.size ? [left, right] : undefined;
}

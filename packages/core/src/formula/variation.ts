import { argumentsOf, type Expression, type VariableSide } from './expression.js';

/** What a value differs by: nothing, the row, the column, or both. */
export interface Variation {
  readonly byRow: boolean;
  readonly byColumn: boolean;
}

/** What a variable differs by. */
export const variationOfVariable = (side: VariableSide): Variation => ({
  byRow: side !== 'column',
  byColumn: side === 'column' || side === 'pair',
});

/**
 * Tells of expressions what they differ by; it remembers what it was asked.
 *
 * @example
 * ```ts
 * import { add, column, row, variationOf } from '@sinkhorn/core';
 *
 * const { byRow, byColumn } = variationOf()(add(row('u'), column('v')));
 * if (!byRow || !byColumn) throw new Error('unexpected');
 * ```
 */
export function variationOf(): (node: Expression) => Variation {
  const known = new Map<Expression, Variation>();
  const visit = (node: Expression): Variation => {
    let variation = known.get(node);
    if (!variation) {
      const parts = argumentsOf(node).map(visit);
      variation =
        node.type === 'variable'
          ? variationOfVariable(node.side)
          : { byRow: parts.some(({ byRow }) => byRow), byColumn: parts.some(({ byColumn }) => byColumn) };
      known.set(node, variation);
    }
    return variation;
  };
  return visit;
}

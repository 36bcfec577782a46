import { InvalidFormulaError } from '../errors.js';
import type { Reduction } from './backend.js';
import type { ResolvedReduction } from './resolveReduction.js';

/**
 * Checks that the numbers of pairs that a reduction reads are those of its rows and columns.
 *
 * @throws InvalidFormulaError naming the array at fault.
 *
 * @example
 * ```ts
 * import { checkPairs, column, pair, resolveReduction, row, sub } from '@sinkhorn/core';
 *
 * const score = sub(column('v'), pair('cost'));
 * const [rows, columns] = [{ u: { shape: [5, 1] } }, { v: { shape: [7, 1] } }];
 * const pairs = { cost: { shape: [5, 7] } };
 * const reduction = { kind: 'logSumExp', score, rows, columns, pairs, parameters: {} } as const;
 * checkPairs(reduction, resolveReduction(reduction, ['pair']));
 * ```
 */
export function checkPairs({ pairs = {} }: Reduction, { pair, rows, columns, batch }: ResolvedReduction): void {
  const used = pair.instructions.flatMap(({ node }) =>
    node.type === 'variable' && node.side === 'pair' ? [node.name] : [],
  );
  for (const name of new Set([...used, ...Object.keys(pairs)])) {
    const array = pairs[name];
    if (!array) throw new InvalidFormulaError(`pair variable '${name}' has no array: give pairs.${name}`);
    const { shape } = array;
    const isRight = `${shape}` === `${[rows, columns]}` || `${shape}` === `${[batch, rows, columns]}`;
    if (isRight) continue;
    throw new InvalidFormulaError(
      `pairs.${name} has shape [${shape}], but there are ${rows} x ${columns} pairs${batch > 1 ? `, ${batch} times` : ''}`,
    );
  }
}

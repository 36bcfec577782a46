import type { Reduction } from '@sinkhorn/core';
import { header, isLong } from './kernel.js';
import type { Reducer } from './reducer.js';

/** Components of a long value that a thread adds up; each such share computes the scores anew. */
export const SHARE_SIZE = 16;

/** Numbers of a partial result: some for the row, and those of the value's components. */
export const stateSizes = ({ kind, value }: Reduction): { readonly shared: number; readonly values: number } => ({
  shared: kind === 'sum' ? 0 : 2,
  values: value?.size ?? 0,
});

/**
 * Code that stores the partial result of a row.
 *
 * @param split which of them it is, in code
 */
export function storePartial(reduction: Reduction, reduce: Reducer, row: number, split: string): string[] {
  const { shared, values } = stateSizes(reduction);
  const state = reduce.state(row);
  const slot = `(${header('partialStart')} + group.y * ${header('partialRows')} + row${row} - ${header('rowStart')}) * ${header('splits')} + ${split}`;
  const common = state.shared.map((text, k) => `partials[place + ${k}u] = ${text};`);
  return [
    `let place = (${slot}) * ${shared + values}u;`,
    ...(isLong(values) && common.length > 0 ? [`if (share == 0u) { ${common.join(' ')} }`] : common),
    ...state.values.map((text, k) =>
      isLong(values)
        ? `if (share * ${SHARE_SIZE}u + ${k}u < ${values}u) { partials[place + ${shared + k}u + share * ${SHARE_SIZE}u] = ${text}; }`
        : `partials[place + ${shared + k}u] = ${text};`,
    ),
  ];
}

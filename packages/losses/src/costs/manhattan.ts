import { type Cost, formula } from '@sinkhorn/core';

const { abs, sub, sum } = formula;

/**
 * The sum of the distances along the axes, sum_k |x_k - y_k|, as the cost of a loss; of gradient 0 along axes where points agree.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { manhattan } from '@sinkhorn/losses/costs';
 *
 * const loss = sinkhornDivergence({ backend: cpu(), cost: manhattan, p: 1, blur: 0.01 });
 * if (Math.abs((await loss.value([[0, 0]], [[3, 4]])) - 7) > 1e-9) throw new Error('unexpected');
 * ```
 */
export const manhattan: Cost = (x, y) => sum(abs(sub(x, y)));

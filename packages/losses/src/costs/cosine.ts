import { type Cost, formula } from '@sinkhorn/core';

const { mul, rsqrt, squaredDistance, sum, square } = formula;

/**
 * The cosine distance 1 - <x, y> / (|x| |y|), from 0 for the same direction to 2 for the opposite one, as the cost of a loss: half of the
 * squared distance of both directions, which keeps its digits where they are close. Gradients are across a point, as lengths do not count.
 * A point at 0 has no direction, and costs 1/2 to any other one.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { cosine } from '@sinkhorn/losses/costs';
 *
 * const loss = sinkhornDivergence({ backend: cpu(), cost: cosine, p: 1, blur: 0.01, diameter: 2 });
 * const value = await loss.value([[1, 0]], [[0, 5]]);
 * if (Math.abs(value - 1) > 1e-9) throw new Error('unexpected');
 * ```
 */
export const cosine: Cost = (x, y) =>
  mul(0.5, squaredDistance(mul(rsqrt(sum(square(x))), x), mul(rsqrt(sum(square(y))), y)));

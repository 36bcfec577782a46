import { type Cost, formula, InvalidOptionError } from '@sinkhorn/core';

const { distance, min, mul, sub } = formula;

/**
 * Huber's cost of the distance r = |x - y|: r^2 / 2 up to `threshold`, and threshold (r - threshold / 2) beyond, so that points far
 * away pull with a force of `threshold` at most.
 *
 * @throws InvalidOptionError for a threshold that is not above 0.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { huber } from '@sinkhorn/losses/costs';
 *
 * const loss = sinkhornDivergence({ backend: cpu(), cost: huber(1), p: 1, blur: 0.01 });
 * const { value, x } = await loss.valueAndGradients([[0]], [[3]]);
 * if (Math.abs(value - 2.5) > 1e-9 || Math.abs(x.points[0] + 1) > 1e-9) throw new Error('unexpected');
 * ```
 */
export function huber(threshold: number): Cost {
  if (typeof threshold !== 'number' || !(threshold > 0 && threshold < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(
      `threshold is ${threshold}: give the length up to which the cost is quadratic, above 0`,
    );
  }
  return (x, y) => {
    const r = distance(x, y);
    const near = min(r, threshold);
    return mul(near, sub(r, mul(0.5, near)));
  };
}

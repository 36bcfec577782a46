import { type RunOptions, runAsync, runSync, type Task } from '@sinkhorn/core';
import type {
  MeasureDirection,
  OwnProduct,
  PairDirection,
  PairProduct,
  ProductOptions,
} from '@sinkhorn/core/second-order';
import { secondOrder } from './parts.js';
import { passing } from './plan.js';

export type {
  DerivativeDiagnostics,
  DerivativeOptions,
  MeasureDirection,
  MeasureProduct,
  OwnProduct,
  PairDirection,
  PairProduct,
  ProductDiagnostics,
  ProductOptions,
} from '@sinkhorn/core/second-order';

type Parts = Readonly<Record<string, (...given: readonly unknown[]) => Task<unknown>>>;

/**
 * What of a solution's second derivatives there is: products of the Hessian with directions, that is, how the gradients change along them.
 *
 * A direction is of x, `{ points, weights }`, or of both measures, `{ x, y }`; `wrt` says whose gradients' change is wanted, that of the
 * sides in the direction unless said otherwise. Points are [N, D], or [k, N, D] for k directions at once, weights [N] or [k, N]; products
 * have the same layout, in float64. They are exact derivatives of the solved problem: potentials are implicit functions of the measures
 * (Eisenberger et al. 2022), whose change is one symmetric linear system. Sync methods need the code to be there:
 * await the method without Sync before, or call readySecondOrder() of @sinkhorn/losses/ready.
 *
 * @throws InvalidMeasureError for numbers that do not fit, or that change masses which balanced transport keeps equal; InvalidOptionError
 *   for unknown names; UnsupportedError after `strategy: 'multiscale'`, whose cells have no derivatives at points.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const solution = await sinkhornDivergence({ backend: cpu() }).solve([[0, 0]], [[3, 4]]);
 * const { points, diagnostics } = await solution.hessianVectorProduct({ points: [1, 2] });
 * // The divergence of two points is |x - y|^2 / 2: its Hessian is the identity.
 * if (Math.abs(points[1] - 2) > 1e-12 || !diagnostics.converged) throw new Error('unexpected');
 * ```
 */
export interface SecondDerivatives {
  hessianVectorProduct(direction: MeasureDirection, options?: ProductOptions): Promise<OwnProduct>;
  hessianVectorProduct(direction: PairDirection, options?: ProductOptions): Promise<PairProduct>;
  hessianVectorProductSync(direction: MeasureDirection, options?: ProductOptions): OwnProduct;
  hessianVectorProductSync(direction: PairDirection, options?: ProductOptions): PairProduct;
}

/** Methods that load their code when they are called, each with a twin that ends in Sync and needs it to be there. */
export const derivatives = <Methods>(names: readonly string[], source: unknown): Methods =>
  Object.fromEntries(
    names.flatMap((name) =>
      [runAsync, runSync].map((run, twin) => [
        twin ? `${name}Sync` : name,
        (...given: unknown[]) =>
          run(
            passing(secondOrder, (parts) => (parts as unknown as Parts)[name](source, ...given)),
            given.at(-1) as RunOptions,
          ),
      ]),
    ),
  ) as Methods;

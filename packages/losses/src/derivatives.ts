import { type RunOptions, runAsync, runSync, type Task } from '@sinkhorn/core';
import type { InterpolateOptions, Interpolation, MapOptions, PotentialsAt } from '@sinkhorn/core/displacements';
import type {
  ApplyCotangents,
  ApplyDirection,
  Cotangents,
  DerivativeOptions,
  MeasureDirection,
  OwnProduct,
  PairDirection,
  PairProduct,
  ParameterDirection,
  PotentialCotangents,
  PotentialMoves,
  ProblemDirection,
  ProductOptions,
  RowMoves,
} from '@sinkhorn/core/second-order';
import { passing } from './loaded.js';
import type { Measure } from './measure.js';
import { secondOrder } from './parts.js';

export type { InterpolateOptions, Interpolation, MapOptions, PotentialsAt } from '@sinkhorn/core/displacements';
export type {
  ApplyCotangents,
  ApplyDirection,
  Cotangents,
  DerivativeDiagnostics,
  DerivativeOptions,
  MeasureDirection,
  MeasureProduct,
  OwnProduct,
  PairDirection,
  PairProduct,
  ParameterDirection,
  PotentialCotangents,
  PotentialMoves,
  ProblemDirection,
  ProductDiagnostics,
  ProductOptions,
  RowMoves,
} from '@sinkhorn/core/second-order';

/** A direction of parameters and of nothing else. */
export interface ParametersAlone extends Required<ParameterDirection> {
  readonly points?: undefined;
  readonly weights?: undefined;
}

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
  hessianVectorProduct(direction: ParametersAlone, options?: ProductOptions): Promise<PairProduct>;
  hessianVectorProduct(direction: MeasureDirection, options?: ProductOptions): Promise<OwnProduct>;
  hessianVectorProduct(direction: PairDirection, options?: ProductOptions): Promise<PairProduct>;
  hessianVectorProductSync(direction: ParametersAlone, options?: ProductOptions): PairProduct;
  hessianVectorProductSync(direction: MeasureDirection, options?: ProductOptions): OwnProduct;
  hessianVectorProductSync(direction: PairDirection, options?: ProductOptions): PairProduct;
}

/**
 * Derivatives of the potentials: forwards in directions of the measures, of blur and of reach, and backwards from cotangents, which
 * gives gradients in all of these. Both take [k, N] for k at once. Where both marginals are met exactly gradients in weights hold along
 * directions that change both masses alike.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const loss = sinkhornDivergence({ backend: cpu(), debias: false, blur: 1 });
 * const solution = await loss.solve([[0, 0]], [[3, 4]]);
 * // Of two points f = g = |x - y|^2 / 4.
 * const { f_ba } = await solution.potentialsJvp({ x: { points: [1, 0] } });
 * const { x } = await solution.potentialsVjp({ f_ba: [1] });
 * if (Math.abs(f_ba[0] + 1.5) > 1e-9 || Math.abs(x.points[1] + 2) > 1e-9) throw new Error('unexpected');
 * ```
 */
export interface PotentialDerivatives {
  potentialsJvp(direction: ProblemDirection, options?: DerivativeOptions): Promise<PotentialMoves>;
  potentialsJvpSync(direction: ProblemDirection, options?: DerivativeOptions): PotentialMoves;
  potentialsVjp(cotangents: PotentialCotangents, options?: DerivativeOptions): Promise<Cotangents>;
  potentialsVjpSync(cotangents: PotentialCotangents, options?: DerivativeOptions): Cotangents;
}

/**
 * Derivatives of what a plan gives: of its barycentric map, and of its products with values, forwards (jvp) and backwards (vjp), in
 * the points and weights of both measures, in blur, in reach and in the values. A cotangent has the layout of what the plan gives, [N, D]
 * or [N, d]; with [k, ..] there are k at once.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const { plan } = await sinkhornDivergence({ backend: cpu(), blur: 1 }).solve([[0], [1]], [[5], [7]]);
 * const moved = await plan.barycentricMapJvp({ y: { points: [1, 1] } });
 * const { y } = await plan.barycentricMapVjp([1, 1]);
 * // As the points of y move together, so do all images.
 * if (Math.abs(moved.values[0] - 1) > 1e-9 || Math.abs(y.points[0] + y.points[1] - 2) > 1e-9) throw new Error('unexpected');
 * ```
 */
export interface PlanDerivatives {
  /** `barycentricMap` and `apply` without waiting: as all methods that end in Sync they need the code of derivatives to be there. */
  barycentricMapSync(): Float32Array | Float64Array;
  applySync(values: ArrayLike<number>): Float32Array | Float64Array;
  barycentricMapJvp(direction: ProblemDirection, options?: DerivativeOptions): Promise<RowMoves>;
  barycentricMapJvpSync(direction: ProblemDirection, options?: DerivativeOptions): RowMoves;
  barycentricMapVjp(cotangent: ArrayLike<number>, options?: DerivativeOptions): Promise<Cotangents>;
  barycentricMapVjpSync(cotangent: ArrayLike<number>, options?: DerivativeOptions): Cotangents;
  applyJvp(values: ArrayLike<number>, direction: ApplyDirection, options?: DerivativeOptions): Promise<RowMoves>;
  applyJvpSync(values: ArrayLike<number>, direction: ApplyDirection, options?: DerivativeOptions): RowMoves;
  applyVjp(
    values: ArrayLike<number>,
    cotangent: ArrayLike<number>,
    options?: DerivativeOptions,
  ): Promise<ApplyCotangents>;
  applyVjpSync(values: ArrayLike<number>, cotangent: ArrayLike<number>, options?: DerivativeOptions): ApplyCotangents;
}

/**
 * Where the transport takes points, also such as are in no cloud, and measures on their way from x to y.
 *
 * `map` gives, [N, D], the mean of where the plan takes a point, or debiased, for p = 2, x + mean_ab(x) - mean_aa(x) = x - grad (f_ba - f_aa)(x):
 * it leaves points where they are when both measures are alike, and is exact for translations. Far from the data it does not know better than
 * the hull of y. `interpolate(t)` has each point of x at (1 - t) x + t map(x), with its weight, for t from 0 to 1; where both measures are on
 * one grid also as masses on it. Mass that spreads leaves holes there: the barycenter with weights (1 - t, t) has none, and takes longer.
 *
 * @throws UnsupportedError for `debias: true` where p is not 2 or the divergence not debiased; InvalidOptionError for a t that is none.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const square = [[0, 0], [0, 1], [1, 0], [1, 1]];
 * const solution = await sinkhornDivergence({ backend: cpu(), blur: 0.5 }).solve(square, square.map(([u, v]) => [u + 4, v + 2]));
 * const [u, v] = await solution.map([[0.5, 0.5]]);
 * const { points } = await solution.interpolate(0.25);
 * if (Math.abs(u - 4.5) > 1e-2 || Math.abs(v - 2.5) > 1e-2 || Math.abs(points[0] - 1) > 1e-2) throw new Error('unexpected');
 * ```
 */
export interface Displacements {
  /** The potentials at points that need not be in a cloud; side 'x' unless said otherwise. */
  potentialsAt(points: Measure, side?: 'x' | 'y', options?: RunOptions): Promise<PotentialsAt>;
  potentialsAtSync(points: Measure, side?: 'x' | 'y'): PotentialsAt;
  map(points: Measure, options?: MapOptions): Promise<Float64Array>;
  mapSync(points: Measure, options?: MapOptions): Float64Array;
  interpolate(t: number, options?: InterpolateOptions): Promise<Interpolation>;
  interpolateSync(t: number, options?: InterpolateOptions): Interpolation;
}

/**
 * Methods that load their code when they are called, each with a twin that ends in Sync and needs it to be there.
 *
 * @param names - with the number of arguments that come before the options.
 */
export const derivatives = <Methods>(
  names: Readonly<Record<string, number>>,
  source: unknown,
  load: () => Task<unknown> = secondOrder,
): Methods =>
  Object.fromEntries(
    Object.entries(names).flatMap(([name, before]) =>
      [runAsync, runSync].map((run, twin) => [
        twin ? `${name}Sync` : name,
        (...given: unknown[]) =>
          run(
            passing(load, (parts) => (parts as unknown as Parts)[name](source, ...given)),
            given[before] as RunOptions,
          ),
      ]),
    ),
  ) as Methods;

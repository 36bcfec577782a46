import { InvalidOptionError } from '../errors.js';
import type { Task } from '../tasks/task.js';
import { checkNames, type MeasureDirection, type PairDirection } from './direction.js';
import {
  type MeasureProduct,
  type PairProduct,
  type ProductDiagnostics,
  type ProductOptions,
  sinkhornHessianVectorProduct,
} from './hessianVectorProduct.js';
import { type KernelSource, kernelHessianVectorProduct } from './kernelHessianVectorProduct.js';
import type { SolvedSource } from './source.js';

export type { MeasureDirection, PairDirection, ParameterDirection, ProblemDirection } from './direction.js';
export type { MeasureProduct, PairProduct, ProductDiagnostics, ProductOptions } from './hessianVectorProduct.js';
export type { KernelSource } from './kernelHessianVectorProduct.js';
export type { DerivativeDiagnostics, DerivativeOptions } from './linearOptions.js';
export {
  type ApplyCotangents,
  type ApplyDirection,
  apply,
  applyJvp,
  applyVjp,
  barycentricMap,
  barycentricMapJvp,
  barycentricMapVjp,
  type PlanOfSide,
  type RowMoves,
} from './planDerivatives.js';
export { type PotentialCotangents, type PotentialMoves, potentialsJvp, potentialsVjp } from './potentialDerivatives.js';
export type { Cotangents } from './pullback.js';
export type { SolvedSource } from './source.js';

/** A product with the second derivatives with respect to x. */
export interface OwnProduct extends MeasureProduct {
  /** The change of the gradient in the parameters, by name, flat; of a loss that has some. */
  readonly parameters?: Readonly<Record<string, Float64Array>>;
  readonly diagnostics: ProductDiagnostics;
}

/** The Hessian of a solved loss times directions of both measures; a direction without `x` and `y` is one of x alone. */
export function* hessianVectorProduct(
  source: SolvedSource | KernelSource,
  direction: PairDirection | MeasureDirection,
  options: ProductOptions = {},
): Task<PairProduct | OwnProduct> {
  checkNames('direction', direction, ['x', 'y', 'points', 'weights']);
  const both = function* (of: PairDirection, given: ProductOptions): Task<PairProduct> {
    return 'kernel' in source
      ? yield* kernelHessianVectorProduct(source, of, given)
      : yield* sinkhornHessianVectorProduct(source, of, given);
  };
  if ('x' in direction || 'y' in direction) return yield* both(direction, options);
  if (options.wrt !== undefined && options.wrt !== 'x') {
    throw new InvalidOptionError(
      `wrt is '${options.wrt}', and the direction is of x alone: give { x: { points } } for products of other sides`,
    );
  }
  const { x, diagnostics } = yield* both({ x: direction as MeasureDirection }, { wrt: 'x', ...options });
  return { ...(x as MeasureProduct), diagnostics };
}

import type { Task } from '../tasks/task.js';
import type { MeasureDirection, PairDirection } from './direction.js';
import { sinkhornHessianVectorProduct } from './hessianVectorProduct.js';
import { alongDirection, type OwnProduct, type PairProduct, type ProductOptions } from './product.js';
import type { SolvedSource } from './source.js';

export type { MeasureDirection, PairDirection, ParameterDirection, ProblemDirection } from './direction.js';
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
export type { MeasureProduct, OwnProduct, PairProduct, ProductDiagnostics, ProductOptions } from './product.js';
export type { Cotangents } from './pullback.js';
export type { SolvedSource } from './source.js';

/** The Hessian of a solved loss times directions of both measures; a direction without `x` and `y` is one of x alone. */
export const hessianVectorProduct = (
  source: SolvedSource,
  direction: PairDirection | MeasureDirection,
  options: ProductOptions = {},
): Task<PairProduct | OwnProduct> =>
  alongDirection(direction, options, (both, given) => sinkhornHessianVectorProduct(source, both, given));

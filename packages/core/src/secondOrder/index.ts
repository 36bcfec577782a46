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
export type { PotentialCotangents, PotentialMoves } from './potentialDerivatives.js';
export type { MeasureProduct, OwnProduct, PairProduct, ProductDiagnostics, ProductOptions } from './product.js';
export type { Cotangents } from './pullback.js';
export type { SolvedSource } from './source.js';

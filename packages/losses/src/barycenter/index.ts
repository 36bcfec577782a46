export {
  type Barycenter,
  type BarycenterDiagnostics,
  type BarycenterInnerSolves,
  type BarycenterOptions,
  type BarycenterSolver,
  barycenter,
  type FixedSupport,
  type FreeBarycenterDiagnostics,
  type FreeSupport,
  type GridNodes,
  type MovedBarycenter,
} from './barycenter.js';

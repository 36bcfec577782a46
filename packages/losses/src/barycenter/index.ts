export {
  type Barycenter,
  type BarycenterDiagnostics,
  type BarycenterOptions,
  type BarycenterSolver,
  barycenter,
  type FixedSupport,
  type FreeBarycenterDiagnostics,
  type FreeSupport,
  type GridNodes,
  type MovedBarycenter,
} from './barycenter.js';

export {
  type Backend,
  BackendUnavailableError,
  type Cost,
  type DeviceArray,
  type DeviceCloud,
  DeviceError,
  type DeviceGradient,
  DeviceLostError,
  type DeviceSolution,
  formula,
  InaccurateError,
  InvalidFormulaError,
  InvalidMeasureError,
  InvalidOptionError,
  type Kernel,
  OutOfMemoryError,
  type Penalty,
  type PenaltyOption,
  type PointsMeasure,
  type Progress,
  type RowsMeasure,
  type ShapedMeasure,
  SinkhornError,
  type SinkhornErrorCode,
  type StopSignal,
  UnsupportedError,
} from '@sinkhorn/core';
export type { GridMeasure } from '@sinkhorn/core/grids';
export { combine, type WeightedLoss } from './combine.js';
export type {
  ApplyCotangents,
  ApplyDirection,
  Cotangents,
  DerivativeDiagnostics,
  DerivativeOptions,
  Displacements,
  InterpolateOptions,
  Interpolation,
  MapOptions,
  MeasureDirection,
  MeasureProduct,
  OwnProduct,
  PairDirection,
  PairProduct,
  ParameterDirection,
  ParametersAlone,
  PlanDerivatives,
  PotentialCotangents,
  PotentialDerivatives,
  PotentialMoves,
  PotentialsAt,
  ProblemDirection,
  ProductDiagnostics,
  ProductOptions,
  RowMoves,
  SecondDerivatives,
} from './derivatives.js';
export { type HausdorffDivergenceOptions, hausdorffDivergence } from './hausdorffDivergence.js';
export type { KernelNorm } from './kernelNorm.js';
export type {
  CallOptions,
  GradientOptions,
  Loss,
  SolveOptions,
  TargetLoss,
  ValueAndGradients,
  ValueOf,
} from './loss.js';
export type { Measure } from './measure.js';
export {
  type BlurredMmdOptions,
  type EnergyDistanceOptions,
  energyDistance,
  gaussianMmd,
  type KernelMmdOptions,
  type KernelSolution,
  kernelMmd,
  laplacianMmd,
} from './mmd.js';
export type { NormalizeOptions } from './normalized.js';
export type { OnInaccurate } from './onInaccurate.js';
export type { GivenParameters, ParametricFormula } from './parameters.js';
export type { ParameterValue, ParameterValues } from './parameterValues.js';
export { perFeature } from './perFeature.js';
export type { DifferentiablePlan, Plan } from './plan.js';
export {
  type BackendCandidate,
  type BackendProbe,
  probeBackends,
  type SelectBackendOptions,
  selectBackend,
} from './selectBackend.js';
export {
  type Potentials,
  type SinkhornDivergenceOptions,
  type SinkhornSolution,
  sinkhornDivergence,
} from './sinkhornDivergence.js';
export type { Diagnostics, Gradients, MeasureGradient, Solution, WithRespectTo } from './solution.js';
export type { Approximation, Strategy, StrategyOptions } from './strategy.js';
export type { SumSolution } from './sumOfLosses.js';
export type { Reach, TransportOptions } from './transportOptions.js';
export type { InaccurateOptions } from './whenInaccurate.js';

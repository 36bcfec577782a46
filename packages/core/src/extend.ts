// What losses, geometries and penalties are written with outside this repository. Nothing here is loaded by what only uses losses.
export { type Workspace, workspace } from './backend/workspace.js';
export type { Columns } from './geometry/columns.js';
export type { Cost } from './geometry/cost.js';
export type { Geometry } from './geometry/geometry.js';
export { type CostMatrices, costMatrix } from './geometry/matrix/costMatrix.js';
export {
  type Clouds,
  type DevicePoints,
  type PairwiseGeometry,
  type Pass,
  pairwise,
} from './geometry/pairwise/pairwise.js';
export type { Temperature } from './geometry/temperature.js';
export type { Update } from './geometry/update.js';
export { kernelSumsHere } from './kernelSum/pairwise/kernelSumsHere.js';
export { factorInPlace, solveLower, solveUpper } from './linear/denseCholesky.js';
export { type KullbackLeibler, kullbackLeibler } from './marginal/kullbackLeibler/kullbackLeibler.js';
export type { MarginalPenalty } from './marginal/penalty.js';
export { type DeviceMeasure, type DeviceWeights, uploadMeasure } from './measure/deviceMeasure.js';
export type { Domain, Grid } from './measure/domain.js';
export { type Frame, rawFrame, unitFrame } from './measure/frame.js';
export type { CheckedMeasure, CheckedWeights } from './measure/measure.js';
export type { MeasurePair, WeightsPair } from './measure/pair.js';
export { other, type Side } from './measure/side.js';
export { checkWeights, uploadWeights } from './measure/weights.js';
export { chunked } from './tasks/chunked.js';
export { type Progress, pause, read, readAll, readScaled, report, type Task } from './tasks/task.js';
export type { HostPotentials } from './transport/hostPotentials.js';
export type { TransportProblem } from './transport/problem.js';
export { solveTransport, type TransportResult } from './transport/solveTransport.js';
export type { SolveTransportOptions } from './transport/solveTransportOptions.js';

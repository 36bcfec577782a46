export type { CostMatrices } from '../../geometry/matrix/costMatrix.js';
export { type PenaltyOption, partialMass, penaltiesOf } from '../../marginal/penaltyOptions.js';
export { checkWeights } from '../../measure/weights.js';
export type { MatrixProblem } from './matrixProblem.js';
export type { CertifiedResult } from './solveByGap.js';
export { planOfMatrix, solveMatrix } from './solveMatrix.js';

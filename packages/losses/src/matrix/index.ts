export {
  type CostMatrix,
  type MatrixDiagnostics,
  type MatrixGradients,
  type MatrixSolution,
  type MatrixTransport,
  type MatrixTransportOptions,
  matrixTransport,
} from './matrixTransport.js';

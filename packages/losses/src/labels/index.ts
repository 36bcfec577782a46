export {
  type LabelledDivergence,
  type LabelledDivergenceOptions,
  type LabelledGradients,
  type LabelledMeasure,
  type LabelledSolution,
  labelledDivergence,
} from './labelledDivergence.js';
export { type TransferredLabels, transferLabels } from './transferLabels.js';

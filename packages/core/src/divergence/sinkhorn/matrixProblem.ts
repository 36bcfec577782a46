import type { CostMatrices } from '../../geometry/matrix/costMatrix.js';
import type { PenaltyIn } from '../../marginal/penaltyOptions.js';
import type { Side } from '../../measure/side.js';

/** Transport between points that are known by their costs alone. */
export interface MatrixProblem {
  readonly costs: CostMatrices;
  readonly epsilon: number;
  readonly penalty: Readonly<Record<Side, PenaltyIn>>;
  /** The mass that goes, where that is held, in place of penalties. */
  readonly mass?: number;
  readonly debias: boolean;
  readonly tolerance?: number;
  readonly accuracy: number;
  readonly maxIterations: number;
}

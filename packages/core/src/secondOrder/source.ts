import type { MeasurePair } from '../measure/pair.js';
import type { PlanSource } from '../transport/plan.js';

/** A solved problem, as its derivatives see it. */
export interface SolvedSource extends PlanSource {
  /** How it was solved: of cells there are no derivatives at points. */
  readonly strategy: 'dense' | 'multiscale' | 'separable';
  /** Whether penalties are others than those of Kullback and Leibler, or the value is a root: there are no derivatives of these. */
  readonly isChanged?: boolean;
  /** The marginal error of its potentials: linear systems are not solved more exactly unless that is asked for. */
  readonly marginalError: number;
  /** The measures as they were given: with `normalize` the problem is one of shares of them. */
  readonly given: MeasurePair;
  readonly normalize: boolean;
}

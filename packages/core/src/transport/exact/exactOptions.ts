import type { Cost } from '../../geometry/cost.js';

/** What an exact transport is asked with. */
export interface ExactOptions {
  readonly cost: Cost;
  /** Where the cost is |x - y|, or |x - y|^2 / 2. */
  readonly power?: 1 | 2;
}

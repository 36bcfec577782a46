import type { PenaltyOption } from '../../marginal/penaltyOptions.js';

/** What holds the marginals instead of a reach. */
export interface OtherMarginals {
  readonly penalty: PenaltyOption;
  /** How potentials are to be found, where that was named. */
  readonly method?: 'auto' | 'alternating' | 'newton';
}

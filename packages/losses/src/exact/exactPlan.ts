import type { PlanPairs } from '@sinkhorn/core/line';
import type { Plan } from '../plan.js';

/** A plan as the pairs that exchange mass: fewer than N + M of each element, those of the elements of a batch after each other. */
export interface ExactPlan extends Plan, PlanPairs {
  transpose(): ExactPlan;
}

export { extendPotentials } from './extension.js';
export { applyPlan, barycentricMap, densePlan, type PlanSource, planMarginal } from './plan.js';

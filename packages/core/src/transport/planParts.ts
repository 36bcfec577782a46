export { densePlan } from './densePlan.js';
export { extendPotentials } from './extension.js';
export { applyPlan, barycentricMap, type PlanSource, planMarginal } from './plan.js';

export { type Benchmark, benchmarks, type Plan } from './benchmarks/benchmarks.js';
export { fullPlan, quickPlan } from './benchmarks/plans.js';
export { type CloudPair, type Problem, type ProblemName, problems } from './clouds/problems.js';
export { inProcess } from './measuring/inProcess.js';
export { markdown } from './report/markdown.js';
export { merge, type Result } from './report/results.js';
export type { Table } from './report/table.js';

export { type Case, examine, isFault, type Solve } from './campaign.js';
export * as doubleDouble from './oracle/doubleDouble.js';
export { type Answer, answer, type Question } from './oracle/oracle.js';
export { type Problem, problem, problemOf } from './problem.js';
export { statistics, table } from './report.js';
export { type Result, solve } from './result.js';
export { summary } from './summary.js';

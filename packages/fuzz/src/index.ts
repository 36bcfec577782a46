export { type Answer, answer, type Question } from './oracle/oracle.js';
export { type Problem, problem, problemOf } from './problem.js';

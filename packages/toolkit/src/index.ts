export { type PermutationOptions, type PermutationResult, permutationTest, type Statistic } from './permutationTest.js';
export type { Sample } from './pool.js';

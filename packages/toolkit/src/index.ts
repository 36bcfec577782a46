export type { LossByName, LossName, ToldLoss } from './lossByName.js';
export { type PermutationOptions, type PermutationResult, permutationTest, type Statistic } from './permutationTest.js';
export type { Sample } from './pool.js';
export { type DifferingPoint, type TwoSampleOptions, type TwoSampleResult, twoSampleTest } from './twoSampleTest.js';

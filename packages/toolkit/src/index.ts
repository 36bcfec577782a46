export { type PermutationOptions, type PermutationResult, permutationTest, type Sample } from './permutationTest.js';

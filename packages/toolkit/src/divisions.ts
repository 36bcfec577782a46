/** The parts of a permutation test, for those who share its divisions out. */
export { countDivisions, type DivisionRange, type Found, judge, permutedValues } from './permutationTest.js';

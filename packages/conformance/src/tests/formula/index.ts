import type { ConformanceTest } from '../../conformanceTest.js';
import { derivativeTests } from './derivatives.js';
import { nodeTests } from './nodes.js';
import { operatorTests } from './operators.js';
import { optionalOperatorTests } from './optionalOperators.js';
import { randomTests } from './random.js';

/** The language of formulas: operators, nodes, formulas that nobody thought of, and derivatives. */
export const formulaTests: readonly ConformanceTest[] = [
  ...operatorTests,
  ...optionalOperatorTests,
  ...nodeTests,
  ...randomTests,
  ...derivativeTests,
];

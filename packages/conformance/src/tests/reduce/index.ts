import type { ConformanceTest } from '../../conformanceTest.js';
import { blockTests } from './blocks.js';
import { extremeTests } from './extremes.js';
import { KINDS } from './pairFormula.js';
import { oneSidedTests, shapeTests } from './shapes.js';
import { sizeTests } from './sizes.js';
import { specialTests } from './special.js';

/** Every kind of reduction, against its definition. */
export const reduceTests: readonly ConformanceTest[] = [
  ...KINDS.flatMap((kind) => [...sizeTests(kind), ...shapeTests(kind), ...blockTests(kind)]),
  ...oneSidedTests,
  ...extremeTests('logSumExp'),
  ...extremeTests('softmaxMean'),
  ...specialTests,
];

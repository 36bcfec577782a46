import type { ConformanceTest } from '../../conformanceTest.js';
import { closedFormTests } from './closedForms.js';
import { convexityTests } from './convexity.js';
import { gradientTests } from './gradients.js';
import { gridTests } from './grids.js';
import { invarianceTests } from './invariance.js';
import { limitTests } from './limits.js';
import { penaltyTests } from './penalties.js';
import { planTests } from './plans.js';
import { secondDerivativeTests } from './secondDerivatives.js';
import { signTests } from './signs.js';
import { translationTests } from './translation.js';

/** The properties that the theory gives the losses, by their numbers. */
export const propertyTests: readonly ConformanceTest[] = [
  ...signTests,
  ...convexityTests,
  ...limitTests,
  ...translationTests,
  ...invarianceTests,
  ...gradientTests,
  ...closedFormTests,
  ...planTests,
  ...gridTests,
  ...secondDerivativeTests,
  ...penaltyTests,
];

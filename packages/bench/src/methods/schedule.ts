import { annealing, checkMeasure, diameter } from '@sinkhorn/core';
import { DIMENSION } from '../clouds/dimension.js';
import type { CloudPair, Problem } from '../clouds/problems.js';

/** The temperatures that the library takes for a problem between two clouds; the last one is the problem's. */
export function schedule({ x, y }: CloudPair, { blur, p }: Pick<Problem, 'blur' | 'p'>, scaling = 0.5): number[] {
  const longest = diameter([
    checkMeasure('x', { points: x, dimension: DIMENSION }),
    checkMeasure('y', { points: y, dimension: DIMENSION }),
  ]);
  return annealing({ diameter: longest, blur, scaling, p });
}

import { annealing, checkMeasure, diameter } from '@sinkhorn/core';
import { DIMENSION } from '../clouds/dimension.js';
import type { CloudPair, Problem } from '../clouds/problems.js';

/** The temperatures that the library takes for a problem between two clouds; the last one is the problem's. */
export function schedule(
  { x, y }: CloudPair,
  { blur, p }: Pick<Problem, 'blur' | 'p'>,
  scaling = 0.5,
  dimension = DIMENSION,
): number[] {
  const longest = diameter([checkMeasure('x', { points: x, dimension }), checkMeasure('y', { points: y, dimension })]);
  return annealing({ diameter: longest, blur, scaling, p });
}

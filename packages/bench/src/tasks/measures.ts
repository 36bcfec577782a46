import type { PointsMeasure } from '@sinkhorn/losses';
import { DIMENSION } from '../clouds/dimension.js';
import type { Problem } from '../clouds/problems.js';

/** The clouds of a problem as the losses take them, in float64, so that results come back unrounded. */
export function measures({ clouds }: Problem, n: number): { x: PointsMeasure; y: PointsMeasure } {
  const { x, y } = clouds(n);
  return {
    x: { points: Float64Array.from(x), dimension: DIMENSION },
    y: { points: Float64Array.from(y), dimension: DIMENSION },
  };
}

/** The options of a problem, as the losses take them. */
export const optionsOf = ({ p, blur, reach }: Problem): Pick<Problem, 'p' | 'blur' | 'reach'> => ({ p, blur, reach });

import { cpu } from '@sinkhorn/backend-cpu';
import { type PointsMeasure, type SinkhornSolution, sinkhornDivergence } from '@sinkhorn/losses';
import { DIMENSION } from '../clouds/dimension.js';
import { type ProblemName, problems } from '../clouds/problems.js';
import { measures, optionsOf } from './measures.js';

export interface FlowReductions {
  readonly problem: ProblemName;
  readonly n: number;
  readonly steps: number;
  /** Each step moves x by this many times its gradient per unit of mass: 1 takes it about all the way. */
  readonly rate: number;
  readonly tolerance: number;
  /** Whether each step starts from the solution of the one before. */
  readonly start: boolean;
  /** Whether y is given once, as a target. */
  readonly target: boolean;
}

/** Moves x down the gradient of the divergence, and gives the reductions of each step. */
export function flowReductions({ problem, n, steps, rate, tolerance, start, target }: FlowReductions): number[] {
  const { x, y } = measures(problems[problem], n);
  const loss = sinkhornDivergence({
    backend: cpu(),
    method: 'alternating',
    ...optionsOf(problems[problem]),
    tolerance,
  });
  const fixed = loss.target(y);
  let points = Float64Array.from(x.points);
  let before: SinkhornSolution | undefined;
  return Array.from({ length: steps }, () => {
    const moved: PointsMeasure = { points, dimension: DIMENSION };
    const options = { start: start ? before : undefined, wrt: 'x' } as const;
    const solution = target ? fixed.solveSync(moved, options) : loss.solveSync(moved, y, options);
    const gradient = solution.gradientsSync('x').x;
    points = points.map((value, k) => value - rate * n * gradient.points[k]);
    before = solution;
    return solution.diagnostics.reductions;
  });
}

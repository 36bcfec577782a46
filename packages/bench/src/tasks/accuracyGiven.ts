import { sinkhornDivergence } from '@sinkhorn/losses';
import { onBackend } from '../backends/onBackend.js';
import { kinds } from '../clouds/kinds.js';
import { relativeError } from '../measuring/relativeError.js';
import { type SolutionCase, solutionOf } from '../references/solution.js';

/** How accurate a result on cells is, how accurate it says it is, and what it cost. */
export interface AccuracyGiven {
  readonly accurate: boolean;
  readonly converged: boolean;
  /** Relative, against the solution. */
  readonly valueError: number;
  readonly gradientError: number;
  /** As diagnostics tell. */
  readonly statedValueError: number;
  readonly statedGradientError: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
}

/** Value and gradient in x on cells at defaults, in float32, against the solution over all pairs. */
export async function accuracyGiven(problem: SolutionCase): Promise<AccuracyGiven> {
  const { kind, n, blur, threads } = problem;
  const solution = await solutionOf(problem);
  const { dimension, ...clouds } = await kinds[kind](n);
  const x = { points: Float64Array.from(clouds.x), dimension };
  const y = { points: Float64Array.from(clouds.y), dimension };
  return onBackend({ name: 'wasm', threads }, async (backend) => {
    const loss = sinkhornDivergence({ backend, blur, strategy: 'multiscale' });
    const before = process.cpuUsage();
    const found = await loss.valueAndGradients(x, y);
    const { user, system } = process.cpuUsage(before);
    const { accurate, converged, valueError, gradientError } = found.diagnostics;
    const gradients = solution.places.flatMap((place) =>
      Array.from(found.x.points.subarray(place * dimension, (place + 1) * dimension)),
    );
    return {
      accurate,
      converged,
      valueError: Math.abs(found.value / solution.value - 1),
      gradientError: relativeError(gradients, solution.gradients),
      statedValueError: valueError,
      statedGradientError: gradientError as number,
      cpuSeconds: (user + system) / 1e6,
    };
  });
}

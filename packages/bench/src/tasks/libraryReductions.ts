import { cpu } from '@sinkhorn/backend-cpu';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { type ProblemName, problems } from '../clouds/problems.js';
import { measures, optionsOf } from './measures.js';

export interface LibraryReductions {
  readonly problem: ProblemName;
  readonly n: number;
  readonly tolerance: number;
  readonly debias: boolean;
  readonly limit: number;
}

/** The reductions the library spends until the tolerance is met; null where it takes more than the limit. */
export function libraryReductions({ problem, n, tolerance, debias, limit }: LibraryReductions): number | null {
  const options = { ...optionsOf(problems[problem]), tolerance, debias, maxIterations: limit };
  const loss = sinkhornDivergence({ backend: cpu(), method: 'alternating', ...options });
  const { x, y } = measures(problems[problem], n);
  const { reductions, converged } = loss.solveSync(x, y).diagnostics;
  return converged && reductions <= limit ? reductions : null;
}

import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend, type ReadableBackend } from '../backends/onBackend.js';
import { type ProblemName, problems } from '../clouds/problems.js';
import { type Repetition, repeat } from '../measuring/repeat.js';
import { measures, optionsOf } from './measures.js';

/** When a solve ends: by its marginal error, or with GeomLoss's schedule at a scaling. */
export type Ending = { readonly tolerance: number } | { readonly scaling: number };

export interface GradientErrors extends Repetition {
  readonly problem: ProblemName;
  readonly n: number;
  readonly endings: readonly Ending[];
  readonly backend: BackendChoice;
}

/** How far a solve stopped from the solution, and what it cost. */
export interface GradientError {
  readonly ending: Ending;
  readonly reductions: number;
  readonly marginalError: number;
  readonly value: number;
  /** Relative. */
  readonly valueError: number;
  /** The norm of the difference of the gradients in x over that of the true one. */
  readonly gradientError: number;
  readonly cosine: number;
  /** The median. */
  readonly seconds: number;
  readonly runs: number;
}

/** The marginal error of the solution that counts as the truth. */
const TRUTH = 1e-10;

/** Solves a problem to each ending and compares the gradient with the true one, which is found in float64. */
export async function gradientErrors({ problem, n, endings, backend, ...repetition }: GradientErrors) {
  const { x, y } = measures(problems[problem], n);
  const solve = (opened: ReadableBackend, ending: Ending) => {
    const common = {
      ...optionsOf(problems[problem]),
      maxIterations: 20_000,
      tolerance: null,
      strategy: 'dense',
    } as const;
    const loss = sinkhornDivergence({ backend: opened, method: 'alternating', ...common, ...ending });
    const { value, x: gradient, diagnostics } = loss.valueAndGradientsSync(x, y);
    return { value, gradient: Float64Array.from(gradient.points), diagnostics };
  };
  const truth = await onBackend(exact(backend), (opened) => solve(opened, { tolerance: TRUTH }));
  if (!truth.diagnostics.converged) throw new Error(`${problem}: no truth to compare with`);
  return await onBackend(backend, (opened) =>
    endings.map((ending): GradientError => {
      const { result, ...times } = repeat(repetition, () => solve(opened, ending));
      const { value, gradient, diagnostics } = result;
      return {
        ending,
        reductions: diagnostics.reductions,
        marginalError: diagnostics.marginalError,
        value,
        valueError: Math.abs(value / truth.value - 1),
        gradientError: norm(gradient.map((component, k) => component - truth.gradient[k])) / norm(truth.gradient),
        cosine: product(gradient, truth.gradient) / (norm(gradient) * norm(truth.gradient)),
        ...times,
      };
    }),
  );
}

const exact = (backend: BackendChoice): BackendChoice =>
  backend.name === 'cpu' ? backend : { ...backend, precision: 'float64' };

const product = (u: Float64Array, v: Float64Array): number => u.reduce((sum, value, k) => sum + value * v[k], 0);

const norm = (u: Float64Array): number => Math.sqrt(product(u, u));

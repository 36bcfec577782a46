import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { type KindName, kinds } from '../clouds/kinds.js';
import { relativeError } from '../measuring/relativeError.js';

export interface StrategyErrors {
  readonly kind: KindName;
  readonly n: number;
  readonly blurs: readonly number[];
  /** Null for GeomLoss's schedule. */
  readonly tolerance: number | null;
  readonly backend: BackendChoice;
}

/** Both strategies on one problem. */
export interface StrategyError {
  readonly blur: number;
  readonly denseSeconds: number;
  readonly seconds: number;
  /** Relative, of cells against all pairs. */
  readonly valueError: number;
  readonly gradientError: number;
  readonly estimatedError: number;
  /** Whether both met the tolerance, if there was one. */
  readonly converged: boolean;
}

/** Compares value and gradient on cells with those over all pairs, both converged or both after the same schedule. */
export async function strategyErrors({ kind, n, blurs, tolerance, backend }: StrategyErrors): Promise<StrategyError[]> {
  const { dimension, ...clouds } = await kinds[kind](n);
  const x = { points: Float64Array.from(clouds.x), dimension };
  const y = { points: Float64Array.from(clouds.y), dimension };
  return onBackend(backend, async (opened) => {
    const rows: StrategyError[] = [];
    for (const blur of blurs) {
      const solve = async (strategy: 'dense' | 'multiscale') => {
        const began = performance.now();
        const loss = sinkhornDivergence({
          backend: opened,
          blur,
          strategy,
          method: 'alternating',
          tolerance,
          maxIterations: 150,
        });
        const step = await loss.valueAndGradients(x, y);
        return { ...step, seconds: (performance.now() - began) / 1000 };
      };
      const multiscale = await solve('multiscale');
      const dense = await solve('dense');
      rows.push({
        blur,
        denseSeconds: dense.seconds,
        seconds: multiscale.seconds,
        valueError: Math.abs(multiscale.value / dense.value - 1),
        gradientError: relativeError(multiscale.x.points, dense.x.points),
        estimatedError: multiscale.diagnostics.estimatedError,
        converged: tolerance === null || (dense.diagnostics.converged && multiscale.diagnostics.converged),
      });
    }
    return rows;
  });
}

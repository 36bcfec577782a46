import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { type KindName, kinds } from '../clouds/kinds.js';

export interface StrategyErrors {
  readonly kind: KindName;
  readonly n: number;
  readonly blurs: readonly number[];
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
  /** Whether both met the tolerance. */
  readonly converged: boolean;
}

/** What the solver leaves open must not be taken for the cells' doing. */
const TOLERANCE = 1e-5;

/** Compares value and gradient on cells with those over all pairs, both converged. */
export function strategyErrors({ kind, n, blurs, backend }: StrategyErrors): Promise<StrategyError[]> {
  const { dimension, ...clouds } = kinds[kind](n);
  const x = { points: Float64Array.from(clouds.x), dimension };
  const y = { points: Float64Array.from(clouds.y), dimension };
  return onBackend(backend, async (opened) => {
    const rows: StrategyError[] = [];
    for (const blur of blurs) {
      const solve = async (strategy: 'dense' | 'multiscale') => {
        const began = performance.now();
        const loss = sinkhornDivergence({ backend: opened, blur, strategy, tolerance: TOLERANCE, maxIterations: 150 });
        const step = await loss.valueAndGradients(x, y);
        return { ...step, seconds: (performance.now() - began) / 1000 };
      };
      const multiscale = await solve('multiscale');
      const dense = await solve('dense');
      let error = 0;
      let size = 0;
      dense.x.points.forEach((truth, k) => {
        error += (multiscale.x.points[k] - truth) ** 2;
        size += truth ** 2;
      });
      rows.push({
        blur,
        denseSeconds: dense.seconds,
        seconds: multiscale.seconds,
        valueError: Math.abs(multiscale.value / dense.value - 1),
        gradientError: Math.sqrt(error / size),
        estimatedError: multiscale.diagnostics.estimatedError,
        converged: dense.diagnostics.converged && multiscale.diagnostics.converged,
      });
    }
    return rows;
  });
}

import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { uniformDraw } from '../clouds/counterDraws.js';
import { problems } from '../clouds/problems.js';
import { relativeError } from '../measuring/relativeError.js';

export interface ProductErrors {
  readonly n: number;
  readonly blur: number;
  readonly method: 'auto' | 'alternating';
  /** Of the solve and of the product. */
  readonly tolerance: number;
  /** How far y is moved, along the diagonal. */
  readonly shifts: readonly number[];
  /** Random directions of the points of x at each shift. */
  readonly directions: number;
  readonly backend: BackendChoice;
}

/** What a product is off by that Newton's method and conjugate gradients give to rounding. */
const EXACT = 1e-13;

/** How far products with the Hessian are off, along random directions of the points of x, and the passes that they take: over all shifts and directions. */
export const productErrors = (given: ProductErrors) =>
  onBackend(given.backend, async (backend) => {
    const { n, blur, method, tolerance } = given;
    const clouds = problems['sphere, cube'].clouds(n);
    const x = { points: clouds.x, dimension: 3 };
    const errors: number[] = [];
    const passes: number[] = [];
    const iterations: number[] = [];
    for (const shift of given.shifts) {
      const y = { points: clouds.y.map((value) => value + shift), dimension: 3 };
      const loss = sinkhornDivergence({
        backend,
        blur,
        tolerance,
        method,
        strategy: 'dense',
        onInaccurate: 'ignore',
      });
      const exact = sinkhornDivergence({ backend, blur, tolerance: EXACT, method: 'newton', onInaccurate: 'ignore' });
      const [solution, truth] = [await loss.solve(x, y, { wrt: 'x' }), await exact.solve(x, y, { wrt: 'x' })];
      for (let seed = 0; seed < given.directions; seed++) {
        const points = Float64Array.from({ length: 3 * n }, (_, k) => uniformDraw(9 + seed, k) - 0.5);
        const found = await solution.hessianVectorProduct({ points });
        const wanted = await truth.hessianVectorProduct({ points }, { tolerance: EXACT });
        errors.push(relativeError(found.points, wanted.points));
        passes.push(found.diagnostics.reductions);
        iterations.push(found.diagnostics.iterations);
      }
    }
    return {
      products: errors.length,
      fewestPasses: Math.min(...passes),
      mostPasses: Math.max(...passes),
      mostIterations: Math.max(...iterations),
      leastError: Math.min(...errors),
      largestError: Math.max(...errors),
    };
  });

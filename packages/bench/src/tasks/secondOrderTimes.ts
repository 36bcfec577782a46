import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { uniformDraw } from '../clouds/counterDraws.js';
import { problems } from '../clouds/problems.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

export interface SecondOrderTimes extends Repetition {
  readonly n: number;
  readonly tolerance: number;
  readonly backend: BackendChoice;
}

/** Processor time, in seconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Processor time of a product with the Hessian beside the solve that it is of, over all pairs and by alternating updates, in turn. */
export const secondOrderTimes = ({ n, tolerance, backend: choice, rounds, limit }: SecondOrderTimes) =>
  onBackend(choice, async (backend) => {
    const clouds = problems['sphere, cube'].clouds(n);
    const [x, y] = [clouds.x, clouds.y].map((points) => ({ points, dimension: 3 }));
    const points = Float64Array.from({ length: 3 * n }, (_, k) => uniformDraw(9, k) - 0.5);
    const loss = sinkhornDivergence({
      backend,
      blur: 0.05,
      tolerance,
      strategy: 'dense',
      method: 'alternating',
      onInaccurate: 'ignore',
    });
    const once = async () => {
      const began = processorTime();
      const solution = await loss.solve(x, y, { wrt: 'x' });
      const solved = processorTime();
      const { diagnostics } = await solution.hessianVectorProduct({ points });
      return {
        solve: solved - began,
        product: processorTime() - solved,
        solvePasses: solution.diagnostics.reductions,
        passes: diagnostics.reductions,
        iterations: diagnostics.iterations,
        smallestEigenvalue: diagnostics.smallestEigenvalue,
      };
    };
    // Kernels are compiled, and the code of derivatives is loaded, on few points.
    const few = await loss.solve({ points: clouds.x.subarray(0, 30), dimension: 3 }, y, { wrt: 'x' });
    await few.hessianVectorProduct({ points: points.subarray(0, 30) });
    const found = [await once()];
    for (let spent = found[0].solve + found[0].product; found.length < rounds && spent <= limit; ) {
      const next = await once();
      found.push(next);
      spent += next.solve + next.product;
    }
    const [{ solvePasses, passes, iterations, smallestEigenvalue }] = found;
    const [solve, product] = [median(found.map((one) => one.solve)), median(found.map((one) => one.product))];
    const ratio = median(found.map((one) => one.product / one.solve));
    return { solve, solvePasses, product, passes, iterations, ratio, smallestEigenvalue };
  });

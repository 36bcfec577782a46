import { energyDistance, type Loss, sinkhornDivergence } from 'sinkhorn';
import type { OpenedBackend } from '../backends';
import type { TaskContext } from '../task';

export type BenchmarkLoss = 'energy distance' | 'Sinkhorn divergence';

export interface BenchmarkInput {
  readonly backends: readonly string[];
  readonly losses: readonly BenchmarkLoss[];
  readonly sizes: readonly number[];
  /** No larger size is tried on a backend once a run has taken so long. */
  readonly longestMilliseconds: number;
}

export interface BenchmarkRow {
  readonly backend: string;
  readonly loss: BenchmarkLoss;
  readonly points: number;
  /** The median of the runs. */
  readonly milliseconds: number;
  readonly runs: number;
}

const RUNS = 3;

/** Value and gradient between points in a cube and in a moved one, on every backend, up to sizes that take too long. */
export async function benchmark(
  { backends, losses, sizes, longestMilliseconds }: BenchmarkInput,
  { open, signal, update }: TaskContext<BenchmarkRow>,
): Promise<void> {
  for (const name of backends) {
    const { backend }: OpenedBackend = await open(name);
    const made: Record<BenchmarkLoss, Loss> = {
      'energy distance': energyDistance({ backend }),
      'Sinkhorn divergence': sinkhornDivergence({ backend, p: 2, blur: 0.1, strategy: 'dense' }),
    };
    for (const loss of losses) {
      const { valueAndGradients } = made[loss];
      for (const points of sizes) {
        const [x, y] = [cube(points, 0), cube(points, 0.3)];
        // The first call generates and compiles kernels; it is no part of the time.
        if (points === sizes[0]) await valueAndGradients(x, y, { signal });
        const times: number[] = [];
        while (times.length < RUNS) {
          const start = performance.now();
          await valueAndGradients(x, y, { signal });
          times.push(performance.now() - start);
          if (times[0] > longestMilliseconds / 2) break;
        }
        const milliseconds = times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) / 2)];
        await update({ backend: name, loss, points, milliseconds, runs: times.length });
        signal.throwIfAborted();
        if (milliseconds > longestMilliseconds) break;
      }
    }
  }
}

/** Points spread evenly over a cube (Roberts 2018). */
function cube(count: number, shift: number) {
  const points = Float32Array.from({ length: 3 * count }, (_, k) => {
    const step = [0.8191725134, 0.6710436067, 0.5497004779][k % 3];
    return ((0.5 + step * (Math.floor(k / 3) + 1)) % 1) + shift;
  });
  return { points, dimension: 3 };
}

import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { type KindName, kinds } from '../clouds/kinds.js';
import { cpuSeconds, mainThreadSeconds } from '../measuring/cpuSeconds.js';
import { median } from '../measuring/median.js';
import { relativeError } from '../measuring/relativeError.js';
import type { Repetition } from '../measuring/repeat.js';

export interface MultiscaleTimes extends Repetition {
  readonly kind: KindName;
  readonly n: number;
  readonly blur: number;
  /** Null for GeomLoss's schedule. */
  readonly tolerance: number | null;
  /** What to solve to once more, for a gradient to compare with: it can cost a hundred times as much. */
  readonly truth?: { readonly accuracy: number; readonly tolerance: number };
  readonly backend: BackendChoice;
}

export interface MultiscaleTime {
  readonly value: number;
  /** The median, of value and gradient in x. */
  readonly seconds: number;
  readonly runs: number;
  /** Of CPU, by all threads and by the main one alone, a run. */
  readonly cpuSeconds: number;
  readonly mainThreadSeconds: number | null;
  readonly accurate: boolean;
  readonly estimatedError: number;
  readonly marginalError: number;
  readonly converged: boolean;
  /** Seconds until the first progress was told. */
  readonly firstProgress: number;
  /**
   * The relative error of the gradient at some points, against rows over all points with the potentials found. Null after
   * a schedule, whose potentials are not those of one another.
   */
  readonly gradientError: number | null;
  /** The relative error of the gradient at all points against that of a more exact and tightly converged solve, if asked for. */
  readonly solutionError: number | null;
}

/** Rows over all points that a gradient is compared with. */
const ROWS = 200;

/** Times the divergence and its gradient on cells. */
export async function multiscaleTimes({ kind, n, blur, tolerance, truth, backend, rounds, limit }: MultiscaleTimes) {
  const { dimension, ...clouds } = await kinds[kind](n);
  const x = { points: clouds.x, dimension };
  const y = { points: clouds.y, dimension };
  return onBackend(backend, async (opened): Promise<MultiscaleTime> => {
    const loss = sinkhornDivergence({ backend: opened, blur, tolerance, strategy: 'multiscale' });
    const seconds: number[] = [];
    let firstProgress: number | undefined;
    let solution: Awaited<ReturnType<typeof loss.solve>> | undefined;
    const before = { all: cpuSeconds(), main: mainThreadSeconds() };
    for (let spent = 0; seconds.length < rounds && (seconds.length === 0 || spent <= limit); ) {
      const began = performance.now();
      const onProgress = () => {
        firstProgress ??= (performance.now() - began) / 1000;
      };
      solution = await loss.solve(x, y, { wrt: 'x', onProgress });
      seconds.push((performance.now() - began) / 1000);
      spent += seconds[seconds.length - 1];
    }
    if (!solution) throw new Error('nothing was run');
    const [all, main] = [cpuSeconds() - before.all, mainThreadSeconds()];
    const { accurate, estimatedError, marginalError, converged } = solution.diagnostics;
    const { x: gradient } = await solution.gradients('x');
    return {
      value: solution.value as number,
      seconds: median(seconds),
      runs: seconds.length,
      cpuSeconds: all / seconds.length,
      mainThreadSeconds: main === null || before.main === null ? null : (main - before.main) / seconds.length,
      accurate,
      estimatedError,
      marginalError,
      converged,
      firstProgress: firstProgress ?? Number.NaN,
      gradientError: tolerance === null ? null : compareRows(),
      solutionError: truth ? await compareWith(truth) : null,
    };

    async function compareWith({ accuracy, tolerance }: NonNullable<typeof truth>): Promise<number> {
      const exact = { points: Float64Array.from(clouds.x), dimension };
      const tight = sinkhornDivergence({ backend: opened, blur, tolerance, accuracy, strategy: 'multiscale' });
      const found = await tight.valueAndGradients(exact, { points: Float64Array.from(clouds.y), dimension });
      if (!found.diagnostics.converged) throw new Error(`${kind}, ${n} points: no solution to compare with`);
      return relativeError(gradient.points, found.x.points);
    }

    /** The gradient of S in x at some points, a_i (mean of the plan of x with itself - mean of the plan), over all columns. */
    function compareRows(): number {
      const { f_aa, g_ab } = (solution as NonNullable<typeof solution>).potentials;
      let error = 0;
      let size = 0;
      for (let row = 0; row < ROWS; row++) {
        const index = Math.floor(((row + 0.5) * n) / ROWS);
        const point = clouds.x.subarray(index * dimension, (index + 1) * dimension);
        const cross = softmaxMean(point, clouds.y, g_ab, dimension, blur);
        const self = softmaxMean(point, clouds.x, f_aa ?? g_ab, dimension, blur);
        for (let c = 0; c < dimension; c++) {
          const truth = (self[c] - cross[c]) / n;
          error += (gradient.points[index * dimension + c] - truth) ** 2;
          size += truth ** 2;
        }
      }
      return Math.sqrt(error / size);
    }
  });
}

/** The mean of a cloud's points under the softmax of (g_j - |x - y_j|^2 / 2) / blur^2, in float64. */
function softmaxMean(
  x: ArrayLike<number>,
  y: Float32Array,
  potential: ArrayLike<number>,
  dimension: number,
  blur: number,
): Float64Array {
  const count = y.length / dimension;
  const scores = new Float64Array(count);
  let highest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < count; j++) {
    let squared = 0;
    for (let c = 0; c < dimension; c++) squared += (x[c] - y[j * dimension + c]) ** 2;
    scores[j] = (potential[j] - squared / 2) / blur ** 2;
    if (scores[j] > highest) highest = scores[j];
  }
  const mean = new Float64Array(dimension);
  let total = 0;
  for (let j = 0; j < count; j++) {
    const weight = Math.exp(scores[j] - highest);
    total += weight;
    for (let c = 0; c < dimension; c++) mean[c] += weight * y[j * dimension + c];
  }
  return mean.map((sum) => sum / total);
}

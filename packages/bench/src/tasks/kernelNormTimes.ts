import type { Backend } from '@sinkhorn/core';
import { energyDistance, gaussianMmd, type Loss, laplacianMmd } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { type KindName, kinds } from '../clouds/kinds.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

const BLUR = 0.05;
const norms = {
  energy: (backend) => energyDistance({ backend, strategy: 'multiscale' }),
  gaussian: (backend) => gaussianMmd({ backend, blur: BLUR, strategy: 'multiscale' }),
  laplacian: (backend) => laplacianMmd({ backend, blur: BLUR, strategy: 'multiscale' }),
} as const satisfies Record<string, (backend: Backend) => Loss>;

export type NormName = keyof typeof norms;

/** -|s|, exp(-(s / blur)^2 / 2) and exp(-|s| / blur) by their slopes over the distance s, for s above 0. */
const slopesOverDistance: Record<NormName, (squared: number) => number> = {
  energy: (squared) => -1 / Math.sqrt(squared),
  gaussian: (squared) => -Math.exp(-squared / (2 * BLUR * BLUR)) / (BLUR * BLUR),
  laplacian: (squared) => -Math.exp(-Math.sqrt(squared) / BLUR) / (BLUR * Math.sqrt(squared)),
};

export interface KernelNormTimes extends Repetition {
  readonly loss: NormName;
  readonly kind: KindName;
  readonly n: number;
  readonly backend: BackendChoice;
}

export interface KernelNormTime {
  readonly value: number;
  /** The median, of value and gradient in x. */
  readonly seconds: number;
  readonly runs: number;
  readonly estimatedError: number;
  /** The relative error of the gradient at some points, against sums over all points by a loop in float64. */
  readonly gradientError: number;
  readonly firstProgress: number;
}

/** Rows over all points that a gradient is compared with. */
const ROWS = 100;

/** Times a kernel norm and its gradient over cells. */
export async function kernelNormTimes({ loss: name, kind, n, backend, rounds, limit }: KernelNormTimes) {
  const { dimension, ...clouds } = await kinds[kind](n);
  const x = { points: clouds.x, dimension };
  const y = { points: clouds.y, dimension };
  return onBackend(backend, async (opened): Promise<KernelNormTime> => {
    const loss = norms[name](opened);
    const seconds: number[] = [];
    let firstProgress: number | undefined;
    let found: Pick<KernelNormTime, 'value' | 'estimatedError'> | undefined;
    let gradient: ArrayLike<number> = [];
    for (let spent = 0; seconds.length < rounds && (seconds.length === 0 || spent <= limit); ) {
      const began = performance.now();
      const onProgress = () => {
        firstProgress ??= (performance.now() - began) / 1000;
      };
      const { value, x: ofX, diagnostics } = await loss.valueAndGradients(x, y, { onProgress });
      found = { value, estimatedError: diagnostics.estimatedError };
      gradient = ofX.points;
      seconds.push((performance.now() - began) / 1000);
      spent += seconds[seconds.length - 1];
    }
    if (!found) throw new Error('nothing was run');
    return {
      ...found,
      seconds: median(seconds),
      runs: seconds.length,
      gradientError: compareRows(gradient),
      firstProgress: firstProgress ?? Number.NaN,
    };
  });

  function compareRows(gradient: ArrayLike<number>): number {
    let error = 0;
    let size = 0;
    for (let row = 0; row < ROWS; row++) {
      const index = Math.floor(((row + 0.5) * n) / ROWS);
      const point = clouds.x.subarray(index * dimension, (index + 1) * dimension);
      const toX = kernelSlope(name, point, clouds.x, dimension);
      const toY = kernelSlope(name, point, clouds.y, dimension);
      for (let c = 0; c < dimension; c++) {
        const truth = (toX[c] - toY[c]) / n;
        error += (gradient[index * dimension + c] - truth) ** 2;
        size += truth ** 2;
      }
    }
    return Math.sqrt(error / size);
  }
}

/** The gradient in x of the mean of a kernel over a cloud, in float64. */
function kernelSlope(name: NormName, x: Float32Array, y: Float32Array, dimension: number): Float64Array {
  const slope = slopesOverDistance[name];
  const count = y.length / dimension;
  const sum = new Float64Array(dimension);
  for (let j = 0; j < count; j++) {
    let squared = 0;
    for (let c = 0; c < dimension; c++) squared += (x[c] - y[j * dimension + c]) ** 2;
    if (squared === 0) continue;
    const factor = slope(squared);
    for (let c = 0; c < dimension; c++) sum[c] += factor * (x[c] - y[j * dimension + c]);
  }
  return sum.map((value) => value / count);
}

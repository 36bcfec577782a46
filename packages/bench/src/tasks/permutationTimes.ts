import type { Backend } from '@sinkhorn/core';
import {
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  laplacianMmd,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { permutationTest } from '@sinkhorn/toolkit';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { normalDraw } from '../clouds/counterDraws.js';
import { median } from '../measuring/median.js';

/** About the distance between two points of a cloud. */
const blurOf = (dimension: number) => Math.sqrt(2 * dimension);
const losses = {
  energy: (backend) => energyDistance({ backend, strategy: 'dense' }),
  gaussian: (backend, dimension) => gaussianMmd({ backend, blur: blurOf(dimension), strategy: 'dense' }),
  laplacian: (backend, dimension) => laplacianMmd({ backend, blur: blurOf(dimension), strategy: 'dense' }),
  Hausdorff: (backend) => hausdorffDivergence({ backend, blur: 0.1 }),
  Sinkhorn: (backend) => sinkhornDivergence({ backend, blur: 0.1, strategy: 'dense' }),
} as const satisfies Record<string, (backend: Backend, dimension: number) => Loss>;

export type TestedLoss = keyof typeof losses;

export interface PermutationTimes {
  readonly loss: TestedLoss;
  /** How many points either sample has. */
  readonly x: number;
  readonly y: number;
  readonly dimension: number;
  readonly permutations: number;
  /** Shuffles with a function in place of the loss, from which the time of all is extrapolated. */
  readonly called: number;
  readonly backend: BackendChoice;
}

export interface PermutationTime {
  /** Of a permutation test that is given the loss. */
  readonly seconds: number;
  /** Of one that is given a function which calls the loss, for as many permutations. */
  readonly calling: number;
  /** Of one value of the loss, the median of three. */
  readonly statistic: number;
  readonly pValue: number;
  /** The largest difference between values of the two, over the observed value. */
  readonly apart: number;
}

/** Times a permutation test with a loss, and with a function that calls it. */
export async function permutationTimes({
  loss: name,
  x: n,
  y: m,
  dimension,
  permutations,
  called,
  backend,
}: PermutationTimes) {
  const sample = (count: number, stream: number, shift: number) => ({
    points: Float32Array.from({ length: count * dimension }, (_, index) => shift + normalDraw(stream, index)),
    dimension,
  });
  const [x, y] = [sample(n, 1, 0), sample(m, 2, 0.02)];
  return onBackend(backend, async (opened): Promise<PermutationTime> => {
    const loss = losses[name](opened, dimension);
    const timed = async <Result>(work: () => Promise<Result>) => {
      const began = performance.now();
      const result = await work();
      return { result, seconds: (performance.now() - began) / 1000 };
    };
    // Kernels are compiled once, those of a batch too.
    await permutationTest(loss, x, y, { permutations: 2 });
    const statistics: number[] = [];
    for (let round = 0; round < 3; round++) statistics.push((await timed(() => loss.value(x, y))).seconds);
    const one = (a: Parameters<Loss['value']>[0], b: Parameters<Loss['value']>[1]) =>
      loss.value(a, b) as Promise<number>;
    const byCalls = await timed(() => permutationTest(one, x, y, { permutations: called }));
    const whole = await timed(() => permutationTest(loss, x, y, { permutations }));
    const { observed, permuted, pValue } = whole.result;
    const apart = byCalls.result.permuted.reduce((most, value, k) => Math.max(most, Math.abs(value - permuted[k])), 0);
    return {
      seconds: whole.seconds,
      calling: (byCalls.seconds * (permutations + 1)) / (called + 1),
      statistic: median(statistics),
      pValue,
      apart: apart / observed,
    };
  });
}

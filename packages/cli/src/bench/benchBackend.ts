import {
  type Backend,
  column,
  type DeviceArray,
  exp,
  mul,
  parameter,
  type Reduction,
  row,
  type StopSignal,
  squaredDistance,
  sub,
} from '@sinkhorn/core';
import { sinkhornDivergence } from 'sinkhorn';
import { benchCloud } from './benchCloud.js';

/** How something did on a backend. */
export interface BenchRow {
  readonly work: string;
  /** Points of each cloud, and their dimension. */
  readonly n: number;
  readonly dimension: number;
  /** Of the first run, with what is compiled for it; and the median of the later ones. */
  readonly firstMilliseconds: number;
  readonly milliseconds: number;
  /** For a single pass over all pairs. */
  readonly pairsPerSecond?: number;
}

export interface BenchOptions {
  readonly sizes: readonly number[];
  readonly dimensions: readonly number[];
  /** Runs after the first. */
  readonly rounds: number;
  /** Larger sizes are left out once a run has taken longer than this. */
  readonly limitMilliseconds: number;
  readonly signal?: StopSignal;
}

type Run = () => Promise<unknown>;

const x = (dimension: number) => row('x', dimension);
const y = (dimension: number) => column('y', dimension);
const score = (dimension: number) =>
  mul(parameter('inverseEpsilon'), sub(column('potential'), mul(0.5, squaredDistance(x(dimension), y(dimension)))));

/** Reductions that losses are made of. */
const kernels: readonly {
  readonly work: string;
  formulas(dimension: number): Pick<Reduction, 'kind' | 'score' | 'value'>;
}[] = [
  { work: 'softmin', formulas: (dimension) => ({ kind: 'logSumExp', score: score(dimension) }) },
  {
    work: 'softmin with gradient',
    formulas: (dimension) => ({
      kind: 'softmaxMean',
      score: score(dimension),
      value: sub(x(dimension), y(dimension)),
    }),
  },
  {
    work: 'kernel sum',
    formulas: (dimension) => ({
      kind: 'sum',
      value: mul(column('potential'), exp(mul(-0.5, squaredDistance(x(dimension), y(dimension))))),
    }),
  },
];

/** Lengths grow with the dimension, as distances do. */
const blurOf = (dimension: number) => 0.1 * Math.sqrt(dimension);

/**
 * Times the reductions that losses are made of, and a Sinkhorn divergence with its gradient, on a backend: from small clouds
 * to large ones, row by row.
 *
 * @throws what the backend throws, and the signal's reason when it is aborted.
 */
export async function* benchBackend(
  backend: Backend,
  { sizes, dimensions, rounds, limitMilliseconds, signal }: BenchOptions,
): AsyncGenerator<BenchRow, void> {
  for (const dimension of dimensions) {
    const tooSlow = new Set<string>();
    for (const n of sizes) {
      for (const { work, formulas } of kernels) {
        if (tooSlow.has(work)) continue;
        const held: DeviceArray[] = [];
        const upload = (values: Float32Array, size: number) => {
          const array = backend.array(values, [n, size]);
          held.push(array);
          return array;
        };
        try {
          const reduction: Reduction = {
            ...formulas(dimension),
            rows: { x: upload(benchCloud(n, dimension, 1), dimension) },
            columns: { y: upload(benchCloud(n, dimension, 2), dimension), potential: upload(benchCloud(n, 1, 3), 1) },
            parameters: { inverseEpsilon: blurOf(dimension) ** -2 },
          };
          const times = await timesOf(() => once(backend, reduction, signal), rounds, limitMilliseconds, signal);
          if (times.milliseconds > limitMilliseconds) tooSlow.add(work);
          yield { work, n, dimension, ...times, pairsPerSecond: n ** 2 / (times.milliseconds / 1000) };
        } finally {
          for (const array of held) backend.release(array);
        }
      }
      const work = 'Sinkhorn divergence with gradient';
      if (tooSlow.has(work)) continue;
      const loss = sinkhornDivergence({ backend, blur: blurOf(dimension), tolerance: null, strategy: 'dense' });
      const clouds = [1, 2].map((seed) => ({ points: benchCloud(n, dimension, seed), dimension }));
      const run = () => loss.valueAndGradients(clouds[0], clouds[1], { wrt: 'x', signal });
      const times = await timesOf(run, rounds, limitMilliseconds, signal);
      if (times.milliseconds > limitMilliseconds) tooSlow.add(work);
      yield { work, n, dimension, ...times };
    }
  }
}

async function once(backend: Backend, reduction: Reduction, signal: StopSignal | undefined): Promise<void> {
  const results = backend.reduce(reduction);
  try {
    await backend.read(results[0], signal);
  } finally {
    for (const result of results) backend.release(result);
  }
}

async function timesOf(
  run: Run,
  rounds: number,
  limit: number,
  signal: StopSignal | undefined,
): Promise<Pick<BenchRow, 'firstMilliseconds' | 'milliseconds'>> {
  const timed = async () => {
    signal?.throwIfAborted();
    const began = performance.now();
    await run();
    return performance.now() - began;
  };
  const firstMilliseconds = await timed();
  const later: number[] = [];
  let spent = firstMilliseconds;
  while (later.length < rounds && (later.length === 0 || spent < limit)) {
    later.push(await timed());
    spent += later[later.length - 1];
  }
  later.sort((a, b) => a - b);
  return { firstMilliseconds, milliseconds: later[later.length >> 1] };
}

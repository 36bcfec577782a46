import type { Backend } from '@sinkhorn/core';
import {
  energyDistance,
  gaussianMmd,
  type Loss,
  laplacianMmd,
  type Strategy,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { type KindName, kinds } from '../clouds/kinds.js';
import { timeRatio } from '../measuring/inTurn.js';
import { inTurnLater } from '../measuring/inTurnLater.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

interface Options {
  readonly backend: Backend;
  readonly blur: number;
  readonly strategy: Strategy;
}

/** The losses that go over to cells, each from another number of pairs on. */
const losses = {
  'Sinkhorn, to 1e-3': (options) => sinkhornDivergence(options),
  'Sinkhorn, schedule': (options) => sinkhornDivergence({ ...options, tolerance: null }),
  'Sinkhorn, p = 1': (options) => sinkhornDivergence({ ...options, p: 1 }),
  gaussian: (options) => gaussianMmd(options),
  laplacian: (options) => laplacianMmd(options),
  energy: ({ blur: _, ...options }) => energyDistance(options),
} as const satisfies Record<string, (options: Options) => Loss>;

export type StrategicLoss = keyof typeof losses;

export interface StrategyTimes extends Repetition {
  readonly loss: StrategicLoss;
  readonly kind: KindName;
  readonly n: number;
  readonly blur: number;
  readonly backend: BackendChoice;
}

export interface StrategyTime {
  readonly runs: number;
  /** Medians, of value and gradient in x. */
  readonly denseSeconds: number;
  readonly seconds: number;
  /** The median of the rounds' ratios. */
  readonly faster: number;
  /** What 'auto' takes. */
  readonly chosen: string;
}

/** Times value and gradient over all pairs and over cells, in turn. */
export async function strategyTimes({ loss: name, kind, n, blur, backend, ...repetition }: StrategyTimes) {
  const { dimension, ...clouds } = await kinds[kind](n);
  const x = { points: clouds.x, dimension };
  const y = { points: clouds.y, dimension };
  return onBackend(backend, async (opened): Promise<StrategyTime> => {
    const solve = (strategy: Strategy) => losses[name]({ backend: opened, blur, strategy }).valueAndGradients(x, y);
    // Compiles what either takes, and tells.
    const { diagnostics } = await solve('auto');
    const { dense, cells } = await inTurnLater(repetition, {
      dense: () => solve('dense'),
      cells: () => solve('multiscale'),
    });
    return {
      runs: cells.seconds.length,
      denseSeconds: median(dense.seconds),
      seconds: median(cells.seconds),
      faster: timeRatio(dense, cells),
      chosen: diagnostics.strategy === 'multiscale' ? 'cells' : 'all pairs',
    };
  });
}

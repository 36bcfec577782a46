import type { Backend } from '@sinkhorn/core';
import {
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  laplacianMmd,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { readyHausdorff } from '@sinkhorn/losses/ready';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { problems } from '../clouds/problems.js';
import { type Repetition, repeat } from '../measuring/repeat.js';
import { measures } from './measures.js';

const blur = 0.05;

/** The losses that are timed. */
const losses = {
  sinkhorn: (backend) => sinkhornDivergence({ backend, blur, tolerance: null, strategy: 'dense' }),
  /** With a blur of the clouds' size a few sweeps are enough: for sizes at which more take too long. */
  transport: (backend) =>
    sinkhornDivergence({ backend, blur: 1, diameter: 1, debias: false, strategy: 'dense', method: 'alternating' }),
  hausdorff(backend) {
    readyHausdorff();
    return hausdorffDivergence({ backend, blur });
  },
  energy: (backend) => energyDistance({ backend, strategy: 'dense' }),
  gaussian: (backend) => gaussianMmd({ backend, blur, strategy: 'dense' }),
  laplacian: (backend) => laplacianMmd({ backend, blur, strategy: 'dense' }),
} as const satisfies Record<string, (backend: Backend) => Loss>;

export type LossName = keyof typeof losses;

export interface LossTimes extends Repetition {
  readonly loss: LossName;
  readonly backend: BackendChoice;
  readonly n: number;
}

export interface LossTime {
  readonly value: number;
  readonly reductions: number;
  /** The median. */
  readonly seconds: number;
  readonly runs: number;
}

/** Times value and gradient between a sphere and a cube. */
export function lossTime({ loss, backend, n, ...repetition }: LossTimes): Promise<LossTime> {
  const { x, y } = measures(problems['sphere, cube'], n);
  return onBackend(backend, (opened) => {
    const timed = losses[loss](opened);
    const { result, ...times } = repeat(repetition, () => timed.valueAndGradientsSync(x, y));
    return { value: result.value, reductions: result.diagnostics.reductions, ...times };
  });
}

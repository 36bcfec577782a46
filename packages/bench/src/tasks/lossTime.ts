import { cpu } from '@sinkhorn/backend-cpu';
import { energyDistance, gaussianMmd, hausdorffDivergence, laplacianMmd, sinkhornDivergence } from '@sinkhorn/losses';
import { problems } from '../clouds/problems.js';
import { type Repetition, repeat } from '../measuring/repeat.js';
import { measures } from './measures.js';

const backend = cpu();
const blur = 0.05;

/** The losses that are timed. */
const losses = {
  sinkhorn: sinkhornDivergence({ backend, blur, tolerance: null }),
  /** With a blur of the clouds' size a few sweeps are enough: for sizes at which more take too long. */
  transport: sinkhornDivergence({ backend, blur: 1, diameter: 1, debias: false }),
  hausdorff: hausdorffDivergence({ backend, blur }),
  energy: energyDistance({ backend }),
  gaussian: gaussianMmd({ backend, blur }),
  laplacian: laplacianMmd({ backend, blur }),
};

export type LossName = keyof typeof losses;

export interface LossTime {
  readonly value: number;
  readonly reductions: number;
  /** The median. */
  readonly seconds: number;
  readonly runs: number;
}

/** Times value and gradient between a sphere and a cube. */
export function lossTime({ loss, n, ...repetition }: { loss: LossName; n: number } & Repetition): LossTime {
  const { x, y } = measures(problems['sphere, cube'], n);
  const { result, ...times } = repeat(repetition, () => losses[loss].valueAndGradientsSync(x, y));
  return { value: result.value, reductions: result.diagnostics.reductions, ...times };
}

import { DIMENSION } from '../clouds/dimension.js';
import type { Problem } from '../clouds/problems.js';
import { schedule } from './schedule.js';
import { softminLoop } from './softminLoop.js';

export type Side = 'x' | 'y';

/** Transport between two clouds with equal weights, on plain arrays: what the methods compared here are written in. */
export interface Transport {
  /** The temperatures of the annealing; the last one is the problem's. */
  readonly epsilons: readonly number[];
  /** Softmins computed so far: passes over all pairs. */
  readonly reductions: number;
  zeros(): Float64Array;
  /** The damped softmin at the points of `side` of a potential of the other side. */
  softmin(side: Side, potential: Float64Array, epsilon: number): Float64Array;
  /** The L1 marginal error of a potential, which its softmin shows. */
  error(potential: Float64Array, softmin: Float64Array): number;
}

/** A problem between clouds of `n` points a side. */
export function transport({ clouds, p, blur, reach }: Problem, n: number): Transport {
  const { x, y } = clouds(n);
  const points = { x: Float64Array.from(x), y: Float64Array.from(y) };
  const rho = (reach ?? Number.POSITIVE_INFINITY) ** p;
  const temperature = Math.min(blur ** p, rho);
  let reductions = 0;
  return {
    epsilons: schedule({ x, y }, { blur, p }),
    get reductions() {
      return reductions;
    },
    zeros: () => new Float64Array(n),
    softmin(side, potential, epsilon) {
      reductions += 1;
      const h = potential.map((value) => value / epsilon - Math.log(n));
      const [rows, columns] = side === 'x' ? [points.x, points.y] : [points.y, points.x];
      const result = softminLoop({ p, dimension: DIMENSION, x: rows, y: columns, h, epsilon });
      const damping = 1 / (1 + epsilon / rho);
      return result.map((value) => value * damping);
    },
    error: (potential, softmin) =>
      potential.reduce((sum, value, i) => sum + Math.abs(Math.expm1((value - softmin[i]) / temperature)), 0) / n,
  };
}

/** Transport over cells on the reference backend, and clouds for it. */
import { cpu } from '@sinkhorn/backend-cpu';
import { type MultiscaleOptions, multiscale } from '../../src/divergence/sinkhorn/multiscaleParts.js';
import * as newtonParts from '../../src/divergence/sinkhorn/newtonParts.js';
import { powerCost } from '../../src/geometry/cost.js';
import { checkMeasure } from '../../src/measure/measure.js';
import { pause } from '../../src/tasks/task.js';
import * as pointParts from '../../src/transport/multilevel/pointParts.js';
import { draws } from './draws.js';

export const backend = cpu();
const infinite = Number.POSITIVE_INFINITY;
export const { solveMultiscale } = multiscale(pointParts, function* () {
  yield* pause();
  return newtonParts;
});

/** Points in a cube, a tenth of them in one corner of it, with unequal masses, some of them 0. */
export function cloud(name: string, count: number, dimension: number, seed: number, { mass = 1, moved = 0 } = {}) {
  const raw = draws(count, seed + 1).map((value) => (value < 0.1 ? 0 : value));
  const total = raw.reduce((sum, value) => sum + value, 0);
  return checkMeasure(name, {
    points: draws(count * dimension, seed).map(
      (value, k) => moved + (k < (count * dimension) / 10 ? 0.1 * value : value),
    ),
    dimension,
    weights: raw.map((value) => (mass * value) / total),
  });
}

/** What a solve over cells is asked for. */
export interface Asked {
  readonly p: 1 | 2;
  readonly blur: number;
  readonly rho?: { readonly x: number; readonly y: number };
  readonly tolerance: number | null;
}

export const optionsOf = ({ p, blur, rho, tolerance }: Asked): MultiscaleOptions => ({
  ...{ cost: powerCost(p), p, homogeneous: true, blur, scaling: 0.5, debias: true, tolerance, maxIterations: 500 },
  reach: rho ? { x: rho.x ** (1 / p), y: rho.y ** (1 / p) } : { x: infinite, y: infinite },
  accuracy: 1e-3,
});

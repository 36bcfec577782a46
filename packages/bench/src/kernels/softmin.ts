import { mul, parameter, reduced } from '@sinkhorn/core';
import { softminLoop } from '../methods/softminLoop.js';
import type { Kernel } from './kernel.js';
import type { KernelInput } from './kernelInput.js';
import { pairScore } from './pairScore.js';

/** -eps log sum_j b_j exp((g_j - C(x_i, y_j)) / eps): what a step of a solver is. */
export const softmin = (p: 1 | 2): Kernel => ({
  title: `softmin, p = ${p}`,
  byHand: (input) => softminLoop(softminProblem(p, input)),
  reduction({ x, y, logWeightY, potentialY }, { dimension, blur }) {
    const epsilon = blur ** p;
    return {
      kind: 'logSumExp',
      score: pairScore(p, dimension).score,
      finish: mul(parameter('scale'), reduced()),
      rows: { point: x },
      columns: { point: y, logWeight: logWeightY, potential: potentialY },
      parameters: { inverseEpsilon: 1 / epsilon, scale: -epsilon },
    };
  },
});

/** What the loops by hand take. */
export function softminProblem(p: 1 | 2, { x, y, dimension, logWeights, potential, blur }: KernelInput) {
  const epsilon = blur ** p;
  return { p, dimension, x, y, h: logWeights.map((value, j) => value + potential[j] / epsilon), epsilon };
}

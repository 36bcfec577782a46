import { add, exp, log, mul, parameter, reduced, row, simplify, sub } from '@sinkhorn/core';
import type { Kernel } from './kernel.js';
import { pairScore } from './pairScore.js';
import { softmin } from './softmin.js';

/**
 * The softmin without a running maximum: f_i = f0_i - eps log sum_j b_j exp((f0_i + g_j - C(x_i, y_j)) / eps), where f0 is
 * known to be near enough to f that no exponential overflows.
 */
export const softminFromGuess: Kernel = {
  title: 'softmin, p = 2, shift known',
  byHand: softmin(2).byHand,
  reduction({ x, y, logWeightY, potentialY, guessX }, { dimension, blur }) {
    const epsilon = blur ** 2;
    const guess = row('guess');
    return {
      kind: 'sum',
      value: simplify(exp(add(pairScore(2, dimension).score, mul(parameter('inverseEpsilon'), guess)))),
      finish: sub(guess, mul(parameter('epsilon'), log(reduced()))),
      rows: { point: x, guess: guessX },
      columns: { point: y, logWeight: logWeightY, potential: potentialY },
      parameters: { inverseEpsilon: 1 / epsilon, epsilon },
    };
  },
};

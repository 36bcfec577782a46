import { derivative, exp, mul, parameter, reduced, reducedLogSumExp, row } from '@sinkhorn/core';
import { softminGradientLoop } from '../methods/softminGradientLoop.js';
import type { Kernel } from './kernel.js';
import { pairScore } from './pairScore.js';
import { softminProblem } from './softmin.js';

/** The softmin with the gradient of the transport cost in the same pass: how solves end. */
export const softminGradient: Kernel = {
  title: 'softmin with gradient, p = 2',
  byHand(input) {
    const { n } = input;
    return softminGradientLoop(softminProblem(2, input)).gradient.map((value) => value / n);
  },
  reduction({ x, y, weightX, logWeightY, potentialY }, { dimension, blur }) {
    const { point, cost, score } = pairScore(2, dimension);
    return {
      kind: 'softmaxMean',
      score,
      value: derivative(cost, point),
      finish: mul(mul(row('weight'), exp(mul(parameter('spread'), reducedLogSumExp()))), reduced(dimension)),
      rows: { point: x, weight: weightX },
      columns: { point: y, logWeight: logWeightY, potential: potentialY },
      parameters: { inverseEpsilon: 1 / blur ** 2, spread: 0 },
    };
  },
};

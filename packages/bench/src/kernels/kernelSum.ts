import { column, type Kernel as Formula, mul, row, simplify } from '@sinkhorn/core';
import type { Kernel } from './kernel.js';

/** sum_j b_j k(x_i, y_j): what an MMD is made of. */
export const kernelSum = (title: string, formula: Formula, byHand: Kernel['byHand']): Kernel => ({
  title,
  byHand,
  reduction: ({ x, y, weightX, weightY }, { dimension, blur }) => ({
    kind: 'sum',
    value: simplify(mul(column('weight'), formula(row('point', dimension), column('point', dimension)))),
    rows: { point: x, weight: weightX },
    columns: { point: y, weight: weightY },
    parameters: { inverseBlur: 1 / blur },
  }),
});

import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import {
  add,
  column,
  constant,
  type Expression,
  mul,
  neg,
  row,
  squaredDistance,
  sub,
  unary,
} from '../formula/expression.js';
import { gaussianKernel, laplacianKernel } from './kernel.js';
import type { KernelKind } from './kernelDecay.js';
import type { KernelPass, WeightedPoints } from './pairwise/kernelSums.js';

/**
 * For points with a last coordinate of 0 added to them: the kernel in the last component, and in the others its gradient
 * in x over `gradientUnit`, which a field leaves out. `last` is the unit vector of the last component.
 */
export type KernelField = (x: Expression, y: Expression, last: Expression) => Expression;

const FIELDS: Readonly<Record<KernelKind, KernelField>> = {
  energy: (x, y, last) => {
    const squared = squaredDistance(x, y);
    return mul(unary('rsqrt', squared), add(sub(y, x), mul(last, neg(squared))));
  },
  gaussian: (x, y, last) => mul(gaussianKernel(x, y), add(sub(y, x), last)),
  laplacian: (x, y, last) =>
    mul(laplacianKernel(x, y), add(mul(unary('rsqrt', squaredDistance(x, y)), sub(y, x)), last)),
};

/** What gradients of a kernel's fields are to be multiplied with. */
export function gradientUnit(kind: KernelKind, inverseBlur: number): number {
  return { energy: 1, gaussian: inverseBlur ** 2, laplacian: inverseBlur }[kind];
}

/**
 * Kernel sums and their gradients in one pass: for every row, in components 0 to D - 1, sum_j b_j dk(x, y_j)/dx over
 * `gradientUnit`, and in component D sum_j b_j k(x, y_j). [N, D + 1], for points [N, D + 1] with a last coordinate of 0.
 */
export function kernelFields(
  space: Workspace,
  kind: KernelKind | KernelField,
  rows: Pick<WeightedPoints, 'dimension' | 'points'>,
  columns: WeightedPoints,
  { parameters, blocks }: KernelPass,
): DeviceArray {
  const { dimension } = rows;
  const last = constant(Array.from({ length: dimension }, (_, c) => (c === dimension - 1 ? 1 : 0)));
  const fieldOf = typeof kind === 'function' ? kind : FIELDS[kind];
  const field = fieldOf(row('point', dimension), column('point', dimension), last);
  return space.reduce({
    kind: 'sum',
    value: mul(column('weight'), field),
    rows: { point: rows.points },
    columns: { point: columns.points, weight: columns.weights },
    parameters,
    blocks,
  })[0];
}

import type { DeviceArray } from '../../backend/backend.js';
import type { BlockPattern } from '../../backend/blockPattern.js';
import type { Workspace } from '../../backend/workspace.js';
import { derivative } from '../../formula/derivative.js';
import { column, mul, reduced, row } from '../../formula/expression.js';
import { simplify } from '../../formula/simplify.js';
import type { Kernel } from '../kernel.js';

/** Weighted points on a device. */
export interface WeightedPoints {
  readonly dimension: number;
  /** [B, N, D] or [N, D] */
  readonly points: DeviceArray;
  /** [B, N, 1] or [N, 1] */
  readonly weights: DeviceArray;
}

/** The numbers a kernel formula reads, and the pairs that count if not all do. */
export interface KernelPass {
  readonly parameters: Readonly<Record<string, number>>;
  readonly blocks?: BlockPattern;
}

type Rows = Pick<WeightedPoints, 'dimension' | 'points'>;

/** sum_j b_j k(x_i, y_j) for every point of `rows`, [N, 1]. */
export function kernelSums(
  space: Workspace,
  kernel: Kernel,
  rows: Rows,
  columns: WeightedPoints,
  { parameters, blocks }: KernelPass,
): DeviceArray {
  const { dimension } = rows;
  return space.reduce({
    kind: 'sum',
    value: simplify(mul(column('weight'), kernel(row('point', dimension), column('point', dimension)))),
    rows: { point: rows.points },
    columns: { point: columns.points, weight: columns.weights },
    parameters,
    blocks,
  })[0];
}

/** a_i sum_j b_j dk(x_i, y_j)/dx_i for every point of `rows`, [N, D]. */
export function kernelGradients(
  space: Workspace,
  kernel: Kernel,
  rows: WeightedPoints,
  columns: WeightedPoints,
  { parameters, blocks }: KernelPass,
): DeviceArray {
  const { dimension } = rows;
  const point = row('point', dimension);
  const gradient = derivative(kernel(point, column('point', dimension)), point);
  return space.reduce({
    kind: 'sum',
    value: simplify(mul(column('weight'), gradient)),
    finish: mul(row('weight'), reduced(dimension)),
    rows: { point: rows.points, weight: rows.weights },
    columns: { point: columns.points, weight: columns.weights },
    parameters,
    blocks,
  })[0];
}

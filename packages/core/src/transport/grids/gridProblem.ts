import type { AxisSoftmax } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import { axisCost } from '../../geometry/separable/axisCost.js';
import { type SeparableGeometry, separable } from '../../geometry/separable/separable.js';
import type { Side } from '../../measure/side.js';
import { uploadWeights } from '../../measure/weights.js';
import type { TransportProblem } from '../problem.js';
import type { GridWeights } from './coarser.js';

/** Transport between two grids, by a cost that is a sum over axes. */
export type GridProblem = TransportProblem<SeparableGeometry>;

/** The problem of two grids on a device. */
export function problemOf(
  space: Workspace,
  grids: Readonly<Record<Side, GridWeights>>,
  p: number,
  penalty: GridProblem['penalty'],
  sums?: AxisSoftmax['sums'],
): GridProblem {
  const { x, y } = grids;
  return {
    space,
    x: uploadWeights(space, x.weights),
    y: uploadWeights(space, y.weights),
    geometry: separable({ space, cost: axisCost(p), from: x.axes, to: y.axes, sums }),
    penalty,
  };
}

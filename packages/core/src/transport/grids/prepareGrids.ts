import type { Workspace } from '../../backend/workspace.js';
import { axisCost } from '../../geometry/separable/axisCost.js';
import { type SeparableGeometry, separable } from '../../geometry/separable/separable.js';
import { kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { axesIn, type CheckedGrid, isGrid } from '../../measure/grid.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { bySide, type Side } from '../../measure/side.js';
import { uploadWeights, weightsOf } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import { type SolveContext, temperatures } from '../context.js';
import type { SinkhornOptions } from '../options.js';
import type { TransportProblem } from '../problem.js';
import type { GridWeights } from './coarser.js';
import { coarseToFine } from './coarseToFine.js';

/** Transport between two grids, by a cost that is a sum over axes. */
export type GridProblem = TransportProblem<SeparableGeometry>;

/** A measure that has to be on a grid. */
function onGrid(measure: CheckedMeasure): CheckedGrid {
  if (!isGrid(measure)) throw new TypeError(`${measure.name} is on no grid`);
  return measure;
}

/** The problem of two grids on a device, with the way to its potentials through coarser grids. */
export function problemOf(
  space: Workspace,
  grids: Readonly<Record<Side, GridWeights>>,
  p: number,
  penalty: GridProblem['penalty'],
): GridProblem {
  const { x, y } = grids;
  return {
    space,
    x: uploadWeights(space, x.weights),
    y: uploadWeights(space, y.weights),
    geometry: separable({ space, cost: axisCost(p), from: x.axes, to: y.axes }),
    penalty,
  };
}

/** Uploads masses on two grids and converts the options' lengths into the device's units: `prepare` for grids. */
export function* prepareGrids(
  space: Workspace,
  pair: MeasurePair,
  options: SinkhornOptions,
): Task<SolveContext<GridProblem>> {
  const known = yield* temperatures(space.backend, pair, options);
  const { precision } = space.backend;
  const penalty = bySide((side) => kullbackLeibler(known.rho[side], precision));
  const grids = bySide(
    (side): GridWeights => ({ axes: axesIn(onGrid(pair[side]), known.units.frame), weights: weightsOf(pair[side]) }),
  );
  const problem = problemOf(space, grids, options.p, penalty);
  return {
    ...known,
    problem,
    approach: (first, stopping) =>
      coarseToFine({ problem, grids, p: options.p, epsilons: known.epsilons }, first, stopping),
  };
}

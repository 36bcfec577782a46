import type { Workspace } from '../../backend/workspace.js';
import { abs, sub } from '../../formula/expression.js';
import { type Cost, powerCost } from '../../geometry/cost.js';
import { type SeparableGeometry, separable } from '../../geometry/separable/separable.js';
import { kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { Frame } from '../../measure/frame.js';
import { axisOf, type CheckedGrid, isGrid } from '../../measure/grid.js';
import type { CheckedMeasure, CheckedWeights } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { bySide, type Side } from '../../measure/side.js';
import { uploadWeights } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import { type SolveContext, temperatures } from '../context.js';
import type { SinkhornOptions } from '../options.js';
import type { TransportProblem } from '../problem.js';
import type { GridWeights } from './coarser.js';
import { coarseToFine } from './coarseToFine.js';

/** Transport between two grids, by a cost that is a sum over axes. */
export type GridProblem = TransportProblem<SeparableGeometry>;

/** The cost along an axis: |x - y|^2 / 2 for p = 2, |x - y| otherwise, which adds up to Manhattan's distance. */
const axisCost = (p: number): Cost => (p === 2 ? alongAxis.squared : alongAxis.absolute);

// The same function each time: its formulas are made once.
const alongAxis = { squared: powerCost(2), absolute: ((x, y) => abs(sub(x, y))) as Cost };

/** A grid's nodes in a frame. */
const axesIn = ({ grid }: CheckedGrid, { centre, scale }: Frame): Float64Array[] =>
  grid.shape.map((_, axis) => axisOf(grid, axis).map((value) => (value - centre[axis]) / scale));

/** The weights of a measure without its points, which grids make when they are asked for. */
const weightsOf = ({ name, weights, masses, batch, batched, count }: CheckedMeasure): CheckedWeights => ({
  name,
  weights,
  masses,
  batch,
  batched,
  count,
});

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

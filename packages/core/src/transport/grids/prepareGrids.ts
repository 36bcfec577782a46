import type { AxisSoftmax } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import { kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { axesIn, type CheckedGrid } from '../../measure/grid.js';
import type { MeasurePair } from '../../measure/pair.js';
import { bySide } from '../../measure/side.js';
import { weightsOf } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import { type SolveContext, temperatures } from '../context.js';
import type { SinkhornOptions } from '../options.js';
import type { GridWeights } from './coarser.js';
import { coarseToFine } from './coarseToFine.js';
import { cycles } from './cycles.js';
import { type GridProblem, problemOf } from './gridProblem.js';

/**
 * Uploads masses on two grids and converts the options' lengths into the device's units: `prepare` for grids, which both measures are, as
 * whoever chose this way has seen.
 */
export function* prepareGrids(
  space: Workspace,
  pair: MeasurePair,
  options: SinkhornOptions,
  sums?: AxisSoftmax['sums'],
): Task<SolveContext<GridProblem>> {
  const known = yield* temperatures(space.backend, pair, options);
  const { precision } = space.backend;
  const penalty = bySide((side) => kullbackLeibler(known.rho[side], precision));
  const grids = bySide(
    (side): GridWeights => ({
      axes: axesIn(pair[side] as CheckedGrid, known.units.frame),
      weights: weightsOf(pair[side]),
    }),
  );
  const problem = problemOf(space, grids, options.p, penalty, sums);
  return {
    ...known,
    problem,
    *approach(first, stopping, start) {
      const { p } = options;
      const { cross } =
        start ?? (yield* coarseToFine({ problem, grids, p, epsilons: known.epsilons, sums }, first, stopping));
      const { sweeps, ...better } = yield* cycles({ problem, grids, p, sums }, first, cross, known.epsilon, stopping);
      return { cross: better, sweeps };
    },
  };
}

import type { AxisSoftmax } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import { kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { diameter } from '../../measure/frame.js';
import { axesIn, type CheckedGrid } from '../../measure/grid.js';
import type { MeasurePair } from '../../measure/pair.js';
import { bySide } from '../../measure/side.js';
import { weightsOf } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import { type SolveContext, temperatures } from '../context.js';
import type { SinkhornOptions } from '../options.js';
import { LAST_DIGIT } from '../rounding.js';
import type { GridWeights } from './coarser.js';
import { coarseToFine } from './coarseToFine.js';
import { cycles } from './cycles.js';
import { type GridProblem, problemOf } from './gridProblem.js';
import { saddles } from './saddles.js';
import { slowSteps } from './slowSteps.js';

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
  let across: ReturnType<typeof saddles> | undefined;
  return {
    ...known,
    problem,
    lacking(side, steps) {
      const { p, blur } = options;
      const { length } = known.units;
      // In the input's units, as nodes are there.
      const given = bySide((of) => ({
        ...grids[of],
        axes: grids[of].axes.map((axis) => axis.map((at) => at * length)),
      }));
      const kept = 1 / ((1 + known.epsilon / known.rho.x) * (1 + known.epsilon / known.rho.y));
      // Along an axis exp(-d^2 / 2 eps) has the variance eps, and exp(-d / eps) 2 eps^2.
      const slow = slowSteps(given[side], steps, { variance: (p === 2 ? 1 : 2) * blur ** 2, kept });
      const most = (2 * diameter([pair.x, pair.y]) ** p) / p;
      const rounding = most * LAST_DIGIT[(space.backend.inFloat64 ?? space.backend).precision];
      across ??= saddles(given, { p, blur, kept, rounding, most });
      const apart = across(side, steps);
      return {
        ...slow,
        potentials: Math.hypot(slow.potentials, apart.potentials),
        squares: slow.squares.map((square, element) => Math.max(square, apart.squares[element])),
      };
    },
    *approach(first, stopping, start) {
      const { p } = options;
      const { cross } =
        start ?? (yield* coarseToFine({ problem, grids, p, epsilons: known.epsilons, sums }, first, stopping));
      const { sweeps, ...better } = yield* cycles({ problem, grids, p, sums }, first, cross, known.epsilon, stopping);
      return { cross: better, sweeps };
    },
  };
}

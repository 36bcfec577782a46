import type { AxisSoftmax } from '../../backend/backend.js';
import { bySide, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { converge, type Stopping } from '../converge.js';
import { ANNEALING_ITERATIONS, ANNEALING_TOLERANCE, firstPotentials } from '../iterate.js';
import type { Potentials } from '../potentials.js';
import { softmin } from '../softmin.js';
import { coarser, factorsAt, type GridWeights } from './coarser.js';
import { type GridProblem, problemOf } from './gridProblem.js';

/** Two grids, their problem, and the temperatures to go through. */
export interface GridAnnealing {
  readonly problem: GridProblem;
  readonly grids: Readonly<Record<Side, GridWeights>>;
  readonly p: number;
  readonly epsilons: readonly number[];
  readonly sums?: AxisSoftmax['sums'];
}

/**
 * The marginal error that coarse grids are left with, or that of the problem where it is larger: what they leave over at long distances is
 * slow to mend on finer ones. Raising it saves sweeps there and costs many on the grid itself: with 0.03 an image of 256 x 256 at a blur of 2
 * pixels takes 125 sweeps at the end, with this 8 (benchmark "grids").
 */
const COARSE_TOLERANCE = 1e-3;
/** Sweeps at most on a coarse grid at a temperature. Raising it costs time where float32 cannot reach that error. Chosen, not measured. */
const COARSE_ITERATIONS = 200;

/** A problem whose nodes represent several each. */
type Level = Pick<GridAnnealing, 'problem' | 'grids'>;

/**
 * Potentials to go on from at the last temperature, found by going through all of them on grids that are as coarse as each allows: its
 * blur is their spacing at most. Sweeps are made at every temperature, as annealing alone leaves values some percent low; they cost next to
 * nothing where grids are coarse (Feydy 2020, section 3.3.3, with the sweeps of Schmitzer 2019, section 3.4).
 */
export function* coarseToFine(
  { problem: finest, grids, p, epsilons, sums }: GridAnnealing,
  first: Side,
  { costScale, maxIterations, tolerance }: Stopping,
): Task<{ readonly cross: Potentials }> {
  const { space } = finest;
  const onCoarse = {
    tolerance: Math.max(COARSE_TOLERANCE, tolerance),
    maxIterations: Math.min(COARSE_ITERATIONS, maxIterations),
    costScale,
  };
  const onFinest = {
    tolerance: ANNEALING_TOLERANCE,
    maxIterations: Math.min(ANNEALING_ITERATIONS, maxIterations),
    costScale,
  };
  let level = levelAt(epsilons[0]);
  let cross = firstPotentials(level.problem, epsilons[0], first);
  for (const [index, epsilon] of epsilons.entries()) {
    if (index > 0 && keyOf(epsilon) !== keyOf(epsilons[index - 1])) move(levelAt(epsilon), epsilons[index - 1]);
    const isFinest = level.problem === finest;
    if (isFinest && index === epsilons.length - 1) return { cross };
    const until = isFinest ? onFinest : onCoarse;
    ({ potentials: cross } = yield* converge(level.problem, cross, epsilon, first, until, 'annealing'));
  }
  move({ problem: finest, grids }, epsilons[epsilons.length - 1]);
  return { cross };

  function factorsFor(epsilon: number) {
    return bySide((side) => factorsAt(grids[side].axes, epsilon ** (1 / p)));
  }

  function keyOf(epsilon: number): string {
    const { x, y } = factorsFor(epsilon);
    return `${x} ${y}`;
  }

  function levelAt(epsilon: number): Level {
    const factors = factorsFor(epsilon);
    if ([...factors.x, ...factors.y].every((factor) => factor === 1)) return { problem: finest, grids };
    const coarse = bySide((side) => coarser(grids[side], factors[side]));
    return { problem: problemOf(space, coarse, p, finest.penalty, sums), grids: coarse };
  }

  /** Takes potentials to the nodes of finer grids: softmins over the coarser ones, at the temperature that they were found at. */
  function move(to: Level, epsilon: number): void {
    const { geometry } = level.problem;
    const { x, y } = cross;
    cross = bySide((side) => {
      const rows = to.grids[side].axes;
      const problem = {
        ...level.problem,
        [side]: to.problem[side],
        geometry: side === 'x' ? geometry.withRows(rows) : geometry.transpose().withRows(rows).transpose(),
      };
      return softmin(problem, side, side === 'x' ? y : x, epsilon);
    });
    space.release(x, y);
    level = to;
  }
}

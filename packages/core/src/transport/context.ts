import type { Backend } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import type { CostMemory } from '../geometry/pairwise/keptCosts.js';
import { type KullbackLeibler, kullbackLeibler } from '../marginal/kullbackLeibler/kullbackLeibler.js';
import { type BoundingBox, boundingBox, diameter, type Frame, rawFrame, unitFrame } from '../measure/frame.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { annealing } from './annealing.js';
import type { Stopping } from './converge.js';
import type { Iterates } from './iterate.js';
import type { SinkhornOptions } from './options.js';
import type { Potentials } from './potentials.js';
import type { TransportProblem } from './problem.js';
import type { SlopeRoundings } from './slopeRoundings.js';
import type { SlowSteps } from './slowSteps.js';

/** The coordinates a computation is done in, and what one unit of length and of cost there represents. */
export interface Units {
  readonly frame: Frame;
  readonly length: number;
  readonly energy: number;
}

/** What a problem is measured in, and the temperatures it goes through. */
export interface Temperatures {
  readonly units: Units;
  /** The strengths of the marginal constraints, in the device's units. */
  readonly rho: Readonly<Record<Side, number>>;
  /** The temperatures of the annealing, in the device's units. */
  readonly epsilons: readonly number[];
  /** The last of them. */
  readonly epsilon: number;
  /** diameter^p, which bounds the built-in costs; 0 for a formula, which may have any scale. */
  readonly costScale: number;
}

/** A problem on a device, ready to be solved. */
export interface SolveContext<Problem extends TransportProblem = TransportProblem> extends Temperatures {
  readonly problem: Problem;
  /** Where costs of pairs are kept, if they are. */
  readonly memory?: CostMemory;
  /** Whether the cost is seen to be the same in both orders of two points; it is known to be when absent. */
  isSymmetric?(): boolean;
  /** Of a few pairs, where costs are a formula of your own: the largest cost, and what coordinates in float32 change costs by there. */
  sampledCosts?(): { readonly largestCost: number; readonly costRounding: number };
  /** Whether gradients come with the last update, which sweeps without acceleration go before; others come with an update of their own. */
  readonly hasLastSweeps?: boolean;
  /** What potentials of a side lack that one sweep changed by `steps`, [B, N], where it is known how slowly parts of a change go on. */
  lacking?(side: Side, steps: Float64Array): SlowSteps;
  /** What coordinates of the device's precision leave unknown of gradients in the points of `wrt`, where that counts. */
  slopeRoundings?(iterates: Iterates, wrt: readonly Side[]): Task<SlopeRoundings>;
  /**
   * Potentials near those of the last temperature, where there is a shorter way to them than through all temperatures, and how many sweeps were
   * made there; from others, which it takes over, where there are any.
   */
  approach?(
    first: Side,
    stopping: Stopping,
    start?: { readonly cross: Potentials },
  ): Task<{ readonly cross: Potentials; readonly sweeps: number }>;
}

/** Makes the problem of two measures on a device, and converts the options' lengths into its units. */
export type Prepare = (space: Workspace, pair: MeasurePair, options: SinkhornOptions) => Task<SolveContext>;

/** A Sinkhorn problem's options, with how the problem is made of two measures. */
export interface PreparedOptions extends SinkhornOptions {
  readonly prepare: Prepare;
}

/** The units for two clouds on a backend: float32 wants coordinates around 0 of size 1, where the cost allows it. */
export function unitsFor(
  backend: Backend,
  { x, y }: MeasurePair,
  { homogeneous, p }: { readonly homogeneous: boolean; readonly p: number },
  box?: BoundingBox,
): Units {
  const frame = homogeneous && backend.precision === 'float32' ? unitFrame([x, y], box) : rawFrame(x.dimension);
  return { frame, length: frame.scale, energy: frame.scale ** p };
}

/** The strengths rho = reach^p of the marginal constraints, in the input's units. */
export const strengths = ({ reach, p }: SinkhornOptions): Record<Side, number> => bySide((side) => reach[side] ** p);

/** The penalties of the marginals in the input's units, as the host computes with them. */
export const penalties = (options: SinkhornOptions): Record<Side, KullbackLeibler> =>
  bySide((side) => kullbackLeibler(strengths(options)[side], 'float64'));

/** Converts the options' lengths into the device's units. */
export function* temperatures(backend: Backend, pair: MeasurePair, options: SinkhornOptions): Task<Temperatures> {
  const clouds = [pair.x, pair.y];
  const box = yield* boundingBox(clouds);
  const units = unitsFor(backend, pair, options, box);
  return { units, ...temperaturesIn(units, options.diameter ?? diameter(clouds, box), options) };
}

/** Converts the options' lengths into units of a length. */
export function temperaturesIn(
  { length }: Pick<Units, 'length'>,
  diameter: number,
  { blur, reach, scaling, p, tolerance, homogeneous }: SinkhornOptions,
): Omit<Temperatures, 'units'> {
  const longest = diameter / length;
  const schedule = annealing({ diameter: longest, blur: blur / length, scaling, p });
  // GeomLoss visits the first temperature twice; whoever goes on to a tolerance gains nothing by that.
  const epsilons = tolerance === null ? schedule : schedule.slice(-Math.max(1, schedule.length - 1));
  return {
    rho: bySide((side) => (reach[side] / length) ** p),
    epsilons,
    epsilon: epsilons[epsilons.length - 1],
    costScale: homogeneous ? longest ** p : 0,
  };
}

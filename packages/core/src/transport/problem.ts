import type { BlockPattern } from '../backend/blockPattern.js';
import type { Workspace } from '../backend/workspace.js';
import type { Cost } from '../geometry/cost.js';
import type { Geometry } from '../geometry/geometry.js';
import type { CostMemory } from '../geometry/pairwise/keptCosts.js';
import { type PairwiseGeometry, pairwise } from '../geometry/pairwise/pairwise.js';
import { type KullbackLeibler, kullbackLeibler } from '../marginal/kullbackLeibler/kullbackLeibler.js';
import type { MarginalPenalty } from '../marginal/penalty.js';
import type { DeviceMeasure, DeviceWeights } from '../measure/deviceMeasure.js';
import { bySide, type Side } from '../measure/side.js';

/** Entropic transport between two measures on a device, in the coordinates they are in there. */
export interface TransportProblem<Kind extends Geometry = Geometry> {
  readonly space: Workspace;
  readonly x: DeviceWeights;
  readonly y: DeviceWeights;
  /** Rows are the points of x. */
  readonly geometry: Kind;
  /** What happens to mass that is not transported as it is. */
  readonly penalty: Readonly<Record<Side, MarginalPenalty>>;
}

/** Transport between clouds of points, by a formula of the cost. */
export interface PairwiseProblem extends TransportProblem<PairwiseGeometry> {
  readonly x: DeviceMeasure;
  readonly y: DeviceMeasure;
  readonly penalty: Readonly<Record<Side, KullbackLeibler>>;
}

/** The problem of two clouds, whose marginals are held with a strength rho each: Infinity where a marginal is met as it is. */
export function pairwiseProblem(
  space: Workspace,
  { x, y }: Readonly<Record<Side, DeviceMeasure>>,
  cost: Cost,
  rho: Readonly<Record<Side, number>>,
  blocks: { readonly [S in Side]?: BlockPattern } = {},
  memory?: CostMemory,
): PairwiseProblem {
  const geometry = pairwise({ space, cost, from: x, to: y, blocks: { from: blocks.x, to: blocks.y }, memory });
  const { precision } = space.backend;
  return { space, x, y, geometry, penalty: bySide((side) => kullbackLeibler(rho[side], precision)) };
}

/** The geometry whose rows are the points of a side. */
export const geometryAt = <Kind extends Geometry>({ geometry }: TransportProblem<Kind>, side: Side): Kind =>
  side === 'x' ? geometry : (geometry.transpose() as Kind);

/** The problem of a measure with itself, where the geometry has costs between its points. */
export function selfProblem<Problem extends TransportProblem>(problem: Problem, side: Side): Problem {
  const [measure, penalty] = [problem[side], problem.penalty[side]];
  return {
    ...problem,
    x: measure,
    y: measure,
    geometry: geometryAt(problem, side).ofRows?.(),
    penalty: { x: penalty, y: penalty },
  };
}

import type { Backend } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import { powerCost } from '../../geometry/cost.js';
import type { Geometry } from '../../geometry/geometry.js';
import { pairwise } from '../../geometry/pairwise/pairwise.js';
import { axisCost } from '../../geometry/separable/axisCost.js';
import { separable } from '../../geometry/separable/separable.js';
import { kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { MarginalPenalty } from '../../marginal/penalty.js';
import { type DeviceWeights, uploadChunked, weightsChunked } from '../../measure/deviceMeasure.js';
import { boundingBox, diameter, type Frame } from '../../measure/frame.js';
import { axesIn, type CheckedGrid, isGrid } from '../../measure/grid.js';
import type { CheckedMeasure, CheckedWeights } from '../../measure/measure.js';
import { withNormalizedWeights } from '../../measure/normalization.js';
import { weightsOf } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import { annealing } from '../../transport/annealing.js';
import { unitsFor } from '../../transport/context.js';

/** Everything a barycenter is made of but its measures and its support. */
export interface BarycenterOptions {
  readonly p: 1 | 2;
  readonly blur: number;
  /** How much each measure counts: above 0, adding up to 1. */
  readonly weights: readonly number[];
  /** The gap to reach, relative to the objective, or to blur^p / 100 where that is larger. */
  readonly tolerance: number;
  /** Whether S is debiased; without it the masses have an entropy of their own, as in the iterative Bregman projections of Benamou et al. 2015. */
  readonly debias: boolean;
  /** The length up to which mass is moved rather than destroyed and created; Infinity where all mass is moved. */
  readonly reach: number;
  /** Evaluations of the objective at most. */
  readonly maxIterations: number;
}

/** Measures and the support of their barycenter on a device, in units of its frame; in shares where all mass is met. */
export interface BarycenterProblem {
  readonly space: Workspace;
  /** Nodes of the support. */
  readonly count: number;
  readonly measures: readonly CheckedMeasure[];
  /** Rows are nodes of the support, columns those of each measure. */
  readonly geometries: readonly Geometry[];
  readonly onDevice: readonly DeviceWeights[];
  readonly weights: readonly number[];
  readonly penalty: MarginalPenalty;
  readonly debias: boolean;
  /** The most mass that a measure has where masses are not met exactly. */
  readonly mostMass?: number;
  /** The temperatures to go through, in the device's units. */
  readonly epsilons: readonly number[];
  readonly epsilon: number;
  readonly costScale: number;
  /** What a unit of energy on the device is in the input's units. */
  readonly energy: number;
}

/** Uploads measures for barycenters on a support, and converts lengths into the device's units. */
export function* prepareBarycenter(
  space: Workspace,
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  { p, blur, weights, reach, debias }: BarycenterOptions,
): Task<BarycenterProblem> {
  const all = [support, ...measures];
  const box = yield* boundingBox(all);
  const units = unitsFor(space.backend, { x: support, y: measures[0] }, { homogeneous: true, p }, box);
  const { frame, length, energy } = units;
  const longest = diameter(all, box) / length;
  const epsilons = annealing({ diameter: longest, blur: blur / length, scaling: 0.5, p });
  const shares = measures.map((measure) =>
    reach === Number.POSITIVE_INFINITY ? withNormalizedWeights(measure) : measure,
  );
  const place = yield* placing(space, measures, support, frame, p);
  const placed: Placed[] = [];
  for (const measure of shares) placed.push(yield* place(measure));
  return {
    space,
    count: support.count,
    measures: shares,
    geometries: placed.map(({ geometry }) => geometry),
    onDevice: placed.map((one) => one.weights),
    weights,
    penalty: kullbackLeibler((reach / length) ** p, space.backend.precision),
    debias,
    mostMass: reach < Number.POSITIVE_INFINITY ? Math.max(...measures.map(({ masses }) => masses[0])) : undefined,
    epsilons,
    epsilon: epsilons[epsilons.length - 1],
    costScale: longest ** p,
    energy,
  };
}

/** A measure on the device. */
interface Placed {
  readonly weights: DeviceWeights;
  readonly geometry: Geometry;
}

/** What puts a measure on the device, with its geometry: along axes where all are grids and the cost is a sum over axes. */
function* placing(
  space: Workspace,
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  frame: Frame,
  p: 1 | 2,
): Task<(measure: CheckedMeasure) => Task<Placed>> {
  if (isGrid(support) && measures.every(isGrid) && (p === 2 || support.dimension === 1)) {
    const from = axesIn(support, frame);
    return function* (measure) {
      return {
        weights: yield* weightsChunked(space, weightsOf(measure)),
        geometry: separable({ space, cost: axisCost(p), from, to: axesIn(measure as CheckedGrid, frame) }),
      };
    };
  }
  const from = yield* uploadChunked(space, support, frame);
  return function* (measure) {
    const to = yield* uploadChunked(space, measure, frame);
    return { weights: to, geometry: pairwise({ space, cost: powerCost(p), from, to }) };
  };
}

/** A barycenter's shares, as a measure without points. */
export const sharesAsWeights = (shares: Float64Array): CheckedWeights => ({
  name: 'barycenter',
  weights: shares,
  masses: Float64Array.of(shares.reduce((total, share) => total + share, 0)),
  batch: 1,
  batched: false,
  count: shares.length,
});

/** The backend that barycenters are computed on: in float64 where there is one, as gaps are small differences of potentials. */
export const deviceOf = (backend: Backend): Backend => backend.inFloat64 ?? backend;

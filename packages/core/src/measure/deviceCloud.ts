import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { InvalidMeasureError } from '../errors.js';
import { add, column, div, log, max, mul, parameter, row, sign, sub } from '../formula/expression.js';
import { type DeviceMeasure, LOG_ZERO } from './deviceMeasure.js';
import { bySide, type Side } from './side.js';

/** Normal in float32; weights below count as this one in logarithms. */
const SMALLEST_WEIGHT = 1e-37;

/**
 * A measure whose numbers are on a backend's device already, in the user's coordinates. They are taken as they are: nobody sees
 * them, so that coordinates must be finite and weights 0 or more.
 */
export interface DeviceCloud {
  /** [N, D] or [B, N, D] */
  readonly points: DeviceArray;
  /** [N, 1] or [B, N, 1]; 1/N each when absent. */
  readonly weights?: DeviceArray;
}

export type DeviceClouds = Readonly<Record<Side, DeviceCloud>>;

/** A result that stays on the device; the arrays are the caller's to release. */
export interface DeviceSolution {
  /** [1, 1], or [B, 1, 1] for a batch. */
  readonly value: DeviceArray;
  readonly gradients: { readonly [S in Side]?: DeviceGradient };
}

/** The gradient with respect to one measure, on the device. */
export interface DeviceGradient {
  /** As the points: [N, D] or [B, N, D]. */
  readonly points: DeviceArray;
  /** [N, 1] or [B, N, 1] */
  readonly weights: DeviceArray;
}

/** A measure in the device's coordinates, with its mass: one entry an element of the batch. */
export interface PlacedMeasure extends DeviceMeasure {
  readonly mass: DeviceArray;
}

/** Checks that two clouds go together, as far as their shapes tell. @throws InvalidMeasureError */
export function checkDeviceClouds(clouds: DeviceClouds): void {
  const [x, y] = [clouds.x.points.shape, clouds.y.points.shape];
  if (x.length !== y.length || x[x.length - 1] !== y[y.length - 1] || (x.length === 3 && x[0] !== y[0])) {
    throw new InvalidMeasureError(
      `x has the shape [${x}] and y the shape [${y}]: give both the same dimension, and the same batch size`,
    );
  }
  for (const [side, { points, weights }] of Object.entries(clouds)) {
    const shape = [...points.shape.slice(0, -1), 1];
    if (!weights || String(weights.shape) === String(shape)) continue;
    throw new InvalidMeasureError(
      `${side}.weights has the shape [${weights.shape}]: give [${shape}], one for each of the points`,
    );
  }
}

/**
 * Brings two clouds into the device's coordinates, (point - centre) / length, with the mean of x as the centre where they
 * may be moved.
 */
export function placeClouds(
  space: Workspace,
  clouds: DeviceClouds,
  { length, centred }: { readonly length: number; readonly centred: boolean },
): Record<Side, PlacedMeasure> {
  const centre = centred ? meanOf(space, clouds.x.points) : undefined;
  const placed = (side: Side): PlacedMeasure => {
    const { points } = clouds[side];
    const [count, dimension] = points.shape.slice(-2);
    return {
      count,
      dimension,
      points: centre
        ? space.map(
            mul(parameter('inverseLength'), sub(row('point', dimension), column('centre', dimension))),
            { point: points },
            { inverseLength: 1 / length },
            { centre },
          )
        : points,
      ...weightsOf(space, clouds[side], count),
    };
  };
  return bySide(placed);
}

function meanOf(space: Workspace, points: DeviceArray): DeviceArray {
  const [count, dimension] = points.shape.slice(-2);
  return space.total(mul(parameter('share'), column('point', dimension)), { point: points }, { share: 1 / count });
}

function weightsOf(space: Workspace, cloud: DeviceCloud, count: number) {
  const { normalizedWeights, mass } = normalizedWeightsOnDevice(space, cloud);
  const { weights } = cloud;
  if (!weights) {
    const logWeights = space.upload(new Float64Array(count).fill(-Math.log(count)), [count, 1]);
    return { weights: normalizedWeights, normalizedWeights, logWeights, mass };
  }
  // The logarithm of 0 is no number on some devices.
  const logarithm = add(log(max(row('weight'), SMALLEST_WEIGHT)), mul(LOG_ZERO, sub(1, sign(row('weight')))));
  return { weights, normalizedWeights, logWeights: space.map(logarithm, { weight: weights }), mass };
}

/** The weights of a cloud over their sum, [N, 1] or [B, N, 1], and the sum. */
export function normalizedWeightsOnDevice(space: Workspace, { points, weights }: DeviceCloud) {
  if (!weights) {
    const [count] = points.shape.slice(-2);
    const normalizedWeights = space.upload(new Float64Array(count).fill(1 / count), [count, 1]);
    return { normalizedWeights, mass: space.upload([1], [1, 1]) };
  }
  const mass = space.total(column('weight'), { weight: weights });
  return { normalizedWeights: space.map(div(row('weight'), column('mass')), { weight: weights }, {}, { mass }), mass };
}

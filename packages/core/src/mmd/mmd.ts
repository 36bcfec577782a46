import type { Backend, DeviceArray } from '../backend/backend.js';
import { type Workspace, workspace } from '../backend/workspace.js';
import { derivative } from '../formula/derivative.js';
import { column, type Expression, mul, reduced, row } from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import { type DeviceMeasure, uploadMeasure } from '../measure/deviceMeasure.js';
import { rawFrame, unitFrame } from '../measure/frame.js';
import type { HostGradient, HostGradients } from '../measure/hostGradients.js';
import type { CheckedMeasure } from '../measure/measure.js';
import { checkPair, type MeasurePair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { checkSymmetric } from '../measure/symmetry.js';
import { readScaled, report, type Task } from '../tasks/task.js';
import type { MmdOptions } from './kernel.js';

/** A maximum mean discrepancy with the gradients that were asked for, on the host. */
export interface MmdResult {
  /** [B] */
  readonly values: Float64Array;
  readonly gradients: HostGradients;
  readonly reductions: number;
}

/** K_yy b at the points of y, [B, M]: what stays the same while x changes. */
export type KernelSums = Float64Array;

interface Setting {
  readonly space: Workspace;
  readonly x: DeviceMeasure;
  readonly y: DeviceMeasure;
  readonly length: number;
  /** What one unit of kernel value on the device stands for. */
  readonly unit: number;
  readonly parameters: Readonly<Record<string, number>>;
}

function prepare(space: Workspace, { x, y }: MeasurePair, { blur, scalingPower }: MmdOptions): Setting {
  const scale = scalingPower !== undefined && space.backend.precision === 'float32';
  const frame = scale ? unitFrame([x, y]) : rawFrame(x.dimension);
  const deviceX = uploadMeasure(space, x, frame);
  return {
    space,
    x: deviceX,
    y: y === x ? deviceX : uploadMeasure(space, y, frame),
    length: frame.scale,
    unit: frame.scale ** (scalingPower ?? 0),
    parameters: blur === undefined ? {} : { inverseBlur: frame.scale / blur },
  };
}

/** sum_j b_j k(x_i, y_j) for every point of `rows`. */
export function kernelSums(
  { space, parameters }: Setting,
  { kernel }: MmdOptions,
  rows: DeviceMeasure,
  columns: DeviceMeasure,
) {
  const value = simplify(mul(column('weight'), kernel(row('point', rows.dimension), column('point', rows.dimension))));
  return reducePairs(space, value, undefined, rows, columns, parameters);
}

/** a_i sum_j b_j dk(x_i, y_j)/dx_i for every point of `rows`. */
export function kernelGradients(
  { space, parameters }: Setting,
  { kernel }: MmdOptions,
  rows: DeviceMeasure,
  columns: DeviceMeasure,
) {
  const point = row('point', rows.dimension);
  const gradient = derivative(kernel(point, column('point', rows.dimension)), point);
  const value = simplify(mul(column('weight'), gradient));
  return reducePairs(space, value, mul(row('weight'), reduced(rows.dimension)), rows, columns, parameters);
}

function reducePairs(
  space: Workspace,
  value: Expression,
  finish: Expression | undefined,
  rows: DeviceMeasure,
  columns: DeviceMeasure,
  parameters: Readonly<Record<string, number>>,
): DeviceArray {
  return space.reduce({
    kind: 'sum',
    value,
    finish,
    rows: { point: rows.points, weight: rows.weights },
    columns: { point: columns.points, weight: columns.weights },
    parameters,
  })[0];
}

/** sum_i a_i u_i for each element of the batch, in float64. */
function weighted({ weights, batch, count }: CheckedMeasure, values: Float64Array): Float64Array {
  const totals = new Float64Array(batch);
  weights.forEach((weight, index) => {
    totals[Math.floor(index / count)] += weight * values[index];
  });
  return totals;
}

/**
 * Half the squared kernel norm of the difference of two measures, 1/2 <a - b, k * (a - b)> (Feydy et al. 2019,
 * section 2.1), with its gradients: in points a_i grad(k * (a - b))(x_i), in weights k * (a - b).
 *
 * @throws InvalidMeasureError when the measures do not go together, InvalidOptionError when a custom kernel is not symmetric.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkMeasure, energyKernel, runAsync, solveMmd } from '@sinkhorn/core';
 *
 * const pair = { x: checkMeasure('x', [[0], [2]]), y: checkMeasure('y', [[1]]) };
 * const { values } = await runAsync(solveMmd(cpu(), pair, { kernel: energyKernel, scalingPower: 1 }));
 * if (values[0] !== 0.5) throw new Error('unexpected');
 * ```
 */
export function* solveMmd(
  backend: Backend,
  pair: MeasurePair,
  options: MmdOptions,
  wanted: readonly Side[] = [],
  known?: KernelSums,
): Task<MmdResult> {
  checkPair(pair);
  if (options.scalingPower === undefined)
    checkSymmetric('kernel', options.kernel, pair, 'a kernel has k(x, y) = k(y, x)');
  const space = workspace(backend);
  try {
    const setting = prepare(space, pair, options);
    const { unit, length } = setting;
    const sums = function* (rows: Side, columns: Side, iteration: number): Task<Float64Array> {
      yield* report({ stage: 'kernel sums', iteration, epsilon: Number.NaN });
      const array = kernelSums(setting, options, setting[rows], setting[columns]);
      return yield* readScaled(space.backend, array, unit);
    };
    const xx = yield* sums('x', 'x', 1);
    const xy = yield* sums('x', 'y', 2);
    const yy = known ?? (yield* sums('y', 'y', 3));
    const yx = wanted.includes('y') ? yield* sums('y', 'x', 4) : undefined;
    const [selfX, selfY, cross] = [weighted(pair.x, xx), weighted(pair.y, yy), weighted(pair.x, xy)];
    const gradients: { [S in Side]?: HostGradient } = {};
    for (const side of wanted) {
      yield* report({ stage: 'gradients', iteration: side === 'x' ? 1 : 2, epsilon: Number.NaN });
      const own = yield* readScaled(
        space.backend,
        kernelGradients(setting, options, setting[side], setting[side]),
        unit / length,
      );
      const against = kernelGradients(setting, options, setting[side], setting[other(side)]);
      const others = yield* readScaled(space.backend, against, unit / length);
      const [same, different] = side === 'x' ? [xx, xy] : [yy, yx ?? xy];
      gradients[side] = {
        points: own.map((value, index) => value - others[index]),
        weights: same.map((value, index) => value - different[index]),
      };
    }
    return {
      values: selfX.map((value, element) => value / 2 + selfY[element] / 2 - cross[element]),
      gradients,
      reductions: space.reductions,
    };
  } finally {
    space.releaseAll();
  }
}

/** K_yy b for one measure, to be given to many calls against it. */
export function* solveKernelSums(backend: Backend, y: CheckedMeasure, options: MmdOptions): Task<KernelSums> {
  const space = workspace(backend);
  try {
    const setting = prepare(space, { x: y, y }, options);
    return yield* readScaled(space.backend, kernelSums(setting, options, setting.y, setting.y), setting.unit);
  } finally {
    space.releaseAll();
  }
}

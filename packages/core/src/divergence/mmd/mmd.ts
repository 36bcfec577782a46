import type { Backend } from '../../backend/backend.js';
import { type Workspace, workspace } from '../../backend/workspace.js';
import type { MmdOptions } from '../../kernelSum/kernel.js';
import { kernelGradients, kernelSums } from '../../kernelSum/pairwise/kernelSums.js';
import { type DeviceMeasure, uploadChunked } from '../../measure/deviceMeasure.js';
import { boundingBox, rawFrame, unitFrame } from '../../measure/frame.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkPair, compareContent, type MeasurePair } from '../../measure/pair.js';
import { bySide, other, type Side } from '../../measure/side.js';
import { checkSymmetric } from '../../measure/symmetry.js';
import { readScaled, report, type Task } from '../../tasks/task.js';
import { boundedError, boundedWeightsError, type MeasureRounding, type MmdParts } from './rounding.js';

/** A maximum mean discrepancy with the gradients that were asked for, on the host. */
export interface MmdResult {
  /** [B] */
  readonly values: Float64Array;
  /** [B]: the size of the sums that a value is the difference of; rounding is a small part of it. */
  readonly sizes: Float64Array;
  readonly gradients: HostGradients;
  readonly reductions: number;
  /** Relative, the largest of values and of the gradients that were wanted: what rounding leaves. */
  readonly roundingError: number;
  /** The same of the gradients in the weights: a bound. */
  readonly weightsError: number;
}

/**
 * What float32 may cause where nothing else is said, relative. Raising it saves passes in float64 and lets less exact values through; it
 * is the accuracy that losses have as a default.
 */
const ACCURACY = 1e-3;
/**
 * Pairs that are summed in float64 at once where the device has it: calling it takes longer. Raising it makes sums of more points more
 * exact and slower. Chosen, not measured.
 */
const FEW_PAIRS = 1e5;

/** K_yy b at the points of y, [B, M]: what stays the same while x changes. */
export type KernelSums = Float64Array;

interface Context {
  readonly x: DeviceMeasure;
  readonly y: DeviceMeasure;
  readonly length: number;
  /** What one unit of kernel value on the device represents. */
  readonly unit: number;
  readonly parameters: Readonly<Record<string, number>>;
}

function* prepare(space: Workspace, { x, y }: MeasurePair, { blur, scalingPower }: MmdOptions): Task<Context> {
  const scale = scalingPower !== undefined && space.backend.precision === 'float32';
  const frame = scale ? unitFrame([x, y], yield* boundingBox([x, y])) : rawFrame(x.dimension);
  const deviceX = yield* uploadChunked(space, x, frame);
  return {
    x: deviceX,
    y: y === x ? deviceX : yield* uploadChunked(space, y, frame),
    length: frame.scale,
    unit: frame.scale ** (scalingPower ?? 0),
    parameters: blur === undefined ? {} : { inverseBlur: frame.scale / blur },
  };
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
 * In float32 it is taken in float64 after all where rounding takes more than the accuracy, as between clouds that are nearly alike,
 * on devices that have it.
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
  wrt: readonly Side[] = [],
  precomputed?: KernelSums,
  measure: () => Task<MeasureRounding | undefined> = nothingToMeasureWith,
): Task<MmdResult> {
  checkPair(pair);
  if (options.scalingPower === undefined)
    checkSymmetric('kernel', options.kernel, pair, 'a kernel has k(x, y) = k(y, x)');
  const { inFloat64 } = backend;
  const { batch, count } = pair.x;
  if (inFloat64 && batch * count * pair.y.count <= FEW_PAIRS) {
    return yield* solveOn(inFloat64, pair, options, wrt, precomputed, measure);
  }
  const result = yield* solveOn(backend, pair, options, wrt, precomputed, measure);
  if (!inFloat64 || result.roundingError <= (options.accuracy ?? ACCURACY)) return result;
  const again = yield* solveOn(inFloat64, pair, options, wrt, precomputed, measure);
  return { ...again, reductions: result.reductions + again.reductions };
}

// biome-ignore lint/correctness/useYield: a task that has nothing to wait for
function* nothingToMeasureWith(): Task<undefined> {
  return undefined;
}

/** On a backend, in its precision. */
function* solveOn(
  backend: Backend,
  pair: MeasurePair,
  options: MmdOptions,
  wrt: readonly Side[],
  precomputed?: KernelSums,
  measure: () => Task<MeasureRounding | undefined> = nothingToMeasureWith,
): Task<MmdResult> {
  const space = workspace(backend);
  try {
    const context = yield* prepare(space, pair, options);
    const roundingError = function* (parts: MmdParts): Task<number> {
      const measured = backend.precision === 'float32' ? yield* measure() : undefined;
      if (measured) return yield* measured(space, pair, context, parts, wrt);
      // Unmeasured, float32 is not trusted where float64 is there.
      return backend.inFloat64 ? Number.POSITIVE_INFINITY : boundedError(backend, pair, options, parts, wrt);
    };
    const { unit, length } = context;
    const ofY = wrt.includes('y');
    const all = 2 + Number(!precomputed) + Number(ofY);
    const sums = function* (rows: Side, columns: Side, index: number): Task<Float64Array> {
      yield* report({ stage: 'kernel sums', share: index / all });
      const array = kernelSums(space, options.kernel, context[rows], context[columns], context);
      return yield* readScaled(space.backend, array, unit);
    };
    const xx = yield* sums('x', 'x', 0);
    const xy = yield* sums('x', 'y', 1);
    const yy = precomputed ?? (yield* sums('y', 'y', 2));
    const yx = ofY ? yield* sums('y', 'x', all - 1) : undefined;
    const [selfX, selfY, cross] = [weighted(pair.x, xx), weighted(pair.y, yy), weighted(pair.x, xy)];
    const gradients: { [S in Side]?: HostGradient } = {};
    const gradientSizes: { [S in Side]?: Float64Array } = {};
    const weightSizes: { [S in Side]?: Float64Array } = {};
    for (const [index, side] of wrt.entries()) {
      yield* report({ stage: 'gradients', share: index / wrt.length });
      const own = yield* readScaled(
        space.backend,
        kernelGradients(space, options.kernel, context[side], context[side], context),
        unit / length,
      );
      const against = kernelGradients(space, options.kernel, context[side], context[other(side)], context);
      const others = yield* readScaled(space.backend, against, unit / length);
      const [same, different] = side === 'x' ? [xx, xy] : [yy, yx ?? xy];
      gradients[side] = {
        points: own.map((value, index) => value - others[index]),
        weights: same.map((value, index) => value - different[index]),
      };
      gradientSizes[side] = own.map((value, index) => Math.abs(value) + Math.abs(others[index]));
      weightSizes[side] = same.map((value, index) => Math.abs(value) + Math.abs(different[index]));
    }
    const termSizes = {
      x: xx.map((value, index) => Math.abs(value) / 2 + Math.abs(xy[index])),
      y: yy.map((value) => Math.abs(value) / 2),
    };
    const sizes = bySide((side) => weighted(pair[side], termSizes[side]));
    const parts: MmdParts = {
      values: selfX.map((value, element) => value / 2 + selfY[element] / 2 - cross[element]),
      sizes: sizes.x.map((size, element) => size + sizes.y[element]),
      terms: { x: xx.map((value, index) => value / 2 - xy[index]), y: yy.map((value) => value / 2) },
      termSizes,
      gradients,
      gradientSizes,
      weightSizes,
    };
    // A measure against itself: the same sums three times, and 0 to the last bit.
    const isNothing = parts.values.every((value) => value === 0) && compareContent(pair.x, pair.y) === 0;
    return {
      values: parts.values,
      sizes: parts.sizes,
      gradients,
      reductions: space.reductions,
      roundingError: isNothing ? 0 : yield* roundingError(parts),
      weightsError: isNothing ? 0 : boundedWeightsError(backend, pair, options, parts, wrt),
    };
  } finally {
    space.releaseAll();
  }
}

/** K_yy b for one measure, to be given to many calls against it: in float64 where the device has it. */
export function* solveKernelSums(backend: Backend, y: CheckedMeasure, options: MmdOptions): Task<KernelSums> {
  const space = workspace(backend.inFloat64 ?? backend);
  try {
    const context = yield* prepare(space, { x: y, y }, options);
    const sums = kernelSums(space, options.kernel, context.y, context.y, context);
    return yield* readScaled(space.backend, sums, context.unit);
  } finally {
    space.releaseAll();
  }
}

import type { Workspace } from '../backend/workspace.js';
import { type Frame, toFrameChunked } from '../measure/frame.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import type { Field } from '../spatial/field.js';
import { chunked, sumChunked } from '../tasks/chunked.js';
import { pause, report, type Task } from '../tasks/task.js';
import type { KernelKind } from './kernelDecay.js';

/** A kernel norm to be taken over cells, and how well. */
export interface MultiscaleMmdOptions {
  readonly kind: KernelKind;
  /** For kernels that have one. */
  readonly blur?: number;
  /** The relative error that value and gradients may have. */
  readonly accuracy: number;
}

/** Weighted points, flat. */
export interface Weighted {
  readonly points: Float32Array | Float64Array;
  readonly weights: Float64Array;
}

/** A kernel to be summed over the difference of two clouds, in the device's units. */
export interface MmdProblem {
  readonly space: Workspace;
  readonly kind: KernelKind;
  readonly dimension: number;
  readonly clouds: Readonly<Record<Side, Weighted>>;
  /** The kernel's length scale; 1 for one that has none. */
  readonly blur: number;
  readonly parameters: Readonly<Record<string, number>>;
}

/** k * (a - b) at every point of both clouds, in the order that they came in, and how well. */
export interface KernelSums extends Readonly<Record<Side, Field>> {
  /** The kernel's largest value among the pairs that were skipped, over its value at 0; for what is left of an energy kernel as well. */
  readonly truncatedMass: number;
  /** Whether they are off by rounding alone. */
  readonly isExact?: boolean;
  /** What the value is off by, relative, where something besides the samples tells. */
  readonly valueError?: number;
}

/** ||a - b||^2: k * (a - b), at every point of both clouds, against a - b. */
export function* squaredNorm({ clouds }: MmdProblem, { x, y }: Readonly<Record<Side, Field>>): Task<number> {
  return (
    (yield* sumChunked(x.values.length, (k) => clouds.x.weights[k] * x.values[k])) -
    (yield* sumChunked(y.values.length, (k) => clouds.y.weights[k] * y.values[k]))
  );
}

/** Puts the clouds into a frame. */
export function* mmdProblem(
  space: Workspace,
  { x, y }: MeasurePair,
  { kind, blur }: MultiscaleMmdOptions,
  frame: Frame,
): Task<MmdProblem> {
  yield* report({ stage: 'sorting' });
  const inFrame = function* (measure: CheckedMeasure): Task<Weighted> {
    yield* pause();
    return { points: yield* toFrameChunked(measure, frame), weights: measure.weights };
  };
  return {
    space,
    kind,
    dimension: x.dimension,
    clouds: { x: yield* inFrame(x), y: yield* inFrame(y) },
    blur: blur === undefined ? 1 : blur / frame.scale,
    parameters: blur === undefined ? {} : { inverseBlur: frame.scale / blur },
  };
}

/** Points with a last coordinate of 0 added to each, as `kernelFields` takes them, in the precision that they are uploaded in. */
export function withLast(
  space: Workspace,
  points: Float32Array | Float64Array,
  dimension: number,
): Float32Array | Float64Array {
  const count = points.length / dimension;
  const wider = zeros(space, count * (dimension + 1));
  copyWider(points, dimension, wider, 0, count);
  return wider;
}

/** The same of many points. */
export function* withLastChunked(
  space: Workspace,
  points: Float64Array,
  dimension: number,
): Task<Float32Array | Float64Array> {
  const count = points.length / dimension;
  const wider = zeros(space, count * (dimension + 1));
  yield* chunked(count, (from, to) => copyWider(points, dimension, wider, from, to));
  yield* pause();
  return wider;
}

const zeros = ({ backend: { precision } }: Workspace, length: number): Float32Array | Float64Array =>
  new (precision === 'float32' ? Float32Array : Float64Array)(length);

function copyWider(
  points: Float32Array | Float64Array,
  dimension: number,
  wider: Float32Array | Float64Array,
  from: number,
  to: number,
): void {
  for (let k = from; k < to; k++) {
    for (let c = 0; c < dimension; c++) wider[k * (dimension + 1) + c] = points[k * dimension + c];
  }
}

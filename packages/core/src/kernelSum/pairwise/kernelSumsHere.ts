import { evaluate } from '../../formula/evaluate.js';
import { column, row } from '../../formula/expression.js';
import { pause, type Task } from '../../tasks/task.js';
import { energyKernel, gaussianKernel, type Kernel, laplacianKernel, type MmdOptions } from '../kernel.js';
import { RADIAL_KERNELS } from '../radialKernel.js';

/** The library's own kernels, which are functions of the distance. */
const OWN = new Map<Kernel, keyof typeof RADIAL_KERNELS>([
  [energyKernel, 'energy'],
  [gaussianKernel, 'gaussian'],
  [laplacianKernel, 'laplacian'],
]);

/** Pairs for which a formula is computed one by one: some microseconds each. Raising it makes more p-values exact, and some wait a minute. */
const MOST_PAIRS_OF_FORMULAS = 2 ** 18;
/** Operations between two turns of other work: some milliseconds. */
const OPERATIONS_AT_ONCE = 2 ** 20;

/** Points with weights, in which a kernel is summed. */
export interface SummedPoints {
  /** [N, D] */
  readonly points: Float64Array;
  /** [N] */
  readonly weights: Float64Array;
  readonly count: number;
  readonly dimension: number;
}

/** Sums of a kernel over the pairs of some points. */
export interface KernelSumsHere {
  /** Room for labels: [N, columns]. */
  labels(columns: number): Float64Array;
  /** <w, K w>, or with |k| for k, for every column w of `labels`. */
  quadratic(labels: ArrayLike<number>, columns: number, absolute: boolean): Task<Float64Array>;
  /** sum_j w_j k(z_i, z_j), or with |k| for k, for every point, or for those at some places. */
  ofRows(weights: ArrayLike<number>, absolute: boolean, places?: Uint32Array): Task<Float64Array>;
  /** The same over the points of one side, for each of these, for sides of one size: [B, n]. */
  within(sides: readonly Uint32Array[]): Task<Float64Array>;
  release(): void;
}

/** Kernel sums in float64 without a device, for those that have no float64; undefined for a kernel of your own of many pairs. */
export function kernelSumsHere(
  norm: MmdOptions,
  { points, count, dimension, weights }: SummedPoints,
): (() => KernelSumsHere) | undefined {
  const kind = OWN.get(norm.kernel);
  if (!kind && count * count > MOST_PAIRS_OF_FORMULAS) return undefined;
  const ofPair = kind ? radial(kind, norm.blur ?? 1, points, dimension) : written(norm, points, dimension);
  const turn = function* (operations: number, done: { since: number }) {
    done.since += operations;
    if (done.since < OPERATIONS_AT_ONCE) return;
    done.since = 0;
    yield* pause();
  };
  return () => ({
    labels: (columns) => new Float64Array(count * columns),
    *quadratic(labels, columns, absolute) {
      const totals = new Float64Array(columns);
      const work = { since: 0 };
      for (let i = 0; i < count; i++) {
        for (let j = 0; j <= i; j++) {
          const value = ofPair(i, j);
          const times = (i === j ? 1 : 2) * (absolute ? Math.abs(value) : value);
          for (let k = 0; k < columns; k++) totals[k] += times * labels[i * columns + k] * labels[j * columns + k];
        }
        yield* turn(i * (dimension + columns), work);
      }
      return totals;
    },
    *ofRows(given, absolute, places) {
      const found = new Float64Array(places?.length ?? count);
      const work = { since: 0 };
      for (let k = 0; k < found.length; k++) {
        for (let j = 0; j < count; j++) {
          const value = ofPair(places ? places[k] : k, j);
          found[k] += given[j] * (absolute ? Math.abs(value) : value);
        }
        yield* turn(count * dimension, work);
      }
      return found;
    },
    *within(sides) {
      const few = sides[0].length;
      const found = new Float64Array(sides.length * few);
      const work = { since: 0 };
      for (const [k, side] of sides.entries()) {
        for (let i = 0; i < few; i++) {
          for (const j of side) found[k * few + i] += weights[j] * ofPair(side[i], j);
          yield* turn(few * dimension, work);
        }
      }
      return found;
    },
    release() {},
  });
}

type OfPair = (i: number, j: number) => number;

function radial(kind: keyof typeof RADIAL_KERNELS, blur: number, points: Float64Array, dimension: number): OfPair {
  const kernel = RADIAL_KERNELS[kind](blur);
  return (i, j) => {
    let squared = 0;
    for (let c = 0; c < dimension; c++) squared += (points[i * dimension + c] - points[j * dimension + c]) ** 2;
    return kernel(squared)[0];
  };
}

function written({ kernel, blur }: MmdOptions, points: Float64Array, dimension: number): OfPair {
  const expression = kernel(row('point', dimension), column('point', dimension));
  const parameters: Record<string, number> = blur === undefined ? {} : { inverseBlur: 1 / blur };
  const pointAt = (index: number) => points.subarray(index * dimension, (index + 1) * dimension);
  return (i, j) => evaluate(expression, { variable: ({ side }) => pointAt(side === 'row' ? i : j), parameters })[0];
}

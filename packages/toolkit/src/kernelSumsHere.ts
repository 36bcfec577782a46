import { energyKernel, formula, gaussianKernel, type Kernel, laplacianKernel } from '@sinkhorn/core';
import { pause, RADIAL_KERNELS } from '@sinkhorn/core/extend';
import type { KernelNorm } from '@sinkhorn/losses';
import type { KernelSumsOf } from './kernelSplits.js';
import type { Pool } from './pool.js';

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

/** Kernel sums in float64 without a device, for those that have no float64; undefined for a kernel of your own of many pairs. */
export function kernelSumsHere(norm: KernelNorm, pool: Pool): (() => KernelSumsOf) | undefined {
  const { points, count, dimension, weights } = pool;
  const kind = OWN.get(norm.kernel);
  if (!kind && count * count > MOST_PAIRS_OF_FORMULAS) return undefined;
  const ofPair = kind ? radial(kind, norm.blur ?? 1, points, dimension) : written(norm, points, dimension);
  const row = function* (operations: number, done: { since: number }) {
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
        yield* row(i * (dimension + columns), work);
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
        yield* row(count * dimension, work);
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
          yield* row(few * dimension, work);
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

function written({ kernel, blur }: KernelNorm, points: Float64Array, dimension: number): OfPair {
  const expression = kernel(formula.row('point', dimension), formula.column('point', dimension));
  const parameters: Record<string, number> = blur === undefined ? {} : { inverseBlur: 1 / blur };
  const pointAt = (index: number) => points.subarray(index * dimension, (index + 1) * dimension);
  return (i, j) =>
    formula.evaluate(expression, { variable: ({ side }) => pointAt(side === 'row' ? i : j), parameters })[0];
}

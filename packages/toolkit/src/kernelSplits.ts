import {
  type Backend,
  type CheckedMeasure,
  type DeviceArray,
  energyKernel,
  formula,
  gaussianKernel,
  type Kernel,
  laplacianKernel,
  rawFrame,
  readScaled,
  report,
  type Task,
  toFrame,
  unitFrame,
} from '@sinkhorn/core';
import { kernelSumsHere, pause } from '@sinkhorn/core/extend';
import type { KernelNorm } from '@sinkhorn/losses';
import type { KernelSumsOf } from './kernelSumsOf.js';
import { massOf, type Pool } from './pool.js';

/** The values of a statistic for divisions of a pool. */
export interface SplitValues {
  readonly values: Float64Array;
  /** How far rounding may put two values apart that are equal. */
  readonly rounding: number;
}

/** What a rough computation of them knows besides. */
export interface RoughValues extends SplitValues {
  /** What was added up for the first of them, had nothing cancelled. */
  readonly size: number;
}

/** Kernels of which no value is above 0, or none below: what was added up is then the sum itself, but for its sign. */
const ONE_SIGNED: ReadonlySet<Kernel> = new Set([energyKernel, gaussianKernel, laplacianKernel]);

/** How many columns of labels go with one pass, and how many labels there are at most at a time. */
const COLUMNS = 512;
const MOST_LABELS = 2 ** 22;
/** About as many operations one dispatch has: a test can be stopped between two. */
const OPERATIONS = 1e9;
/** A symmetric sum is taken in so many blocks of rows, each against itself and what comes after it: little more than half of all. */
const BLOCKS = 8;

/**
 * Half the squared kernel norm of a - b for each order of the pool's points.
 *
 * Let p be the weights, and u and v the scales of the two sides. Then a - b is w = u p on the one and -v p on the other, and
 * the value is <w, K w> / 2. One pass over the pairs serves many divisions, each a column of labels; where one side is small,
 * the sums over all, the same for every division, and those over the pairs of that side are less work.
 */
export function* kernelSplits(norm: KernelNorm, pool: Pool, orders: readonly Uint32Array[]): Task<RoughValues> {
  const sums = kernelSumsOf(norm, pool);
  try {
    const found = yield* valuesOf(pool, orders, sums, false);
    const size = ONE_SIGNED.has(norm.kernel) ? found.size : yield* sizeOf(pool, orders[0], sums);
    return { values: found.values, size, rounding: size * roundingOf(norm.backend, pool) };
  } finally {
    sums.release();
  }
}

/**
 * What computes by how much the values of divisions are above that of the first, in float64, and how far rounding may put each off, in
 * parts of the rough values' `size`; undefined where that takes too long: with a kernel of your own, many points, and a device without float64.
 */
export function exactSplits(
  norm: KernelNorm,
  pool: Pool,
): { readonly rounding: number; above(orders: readonly Uint32Array[]): Task<Float64Array> } | undefined {
  const { inFloat64 } = norm.backend;
  const begin = inFloat64 ? () => kernelSumsOf({ ...norm, backend: inFloat64 }, pool) : kernelSumsHere(norm, pool);
  return (
    begin && {
      rounding: roundingOf({ precision: 'float64' }, pool),
      *above(orders) {
        const sums = begin();
        try {
          const { values } = yield* valuesOf(pool, orders, sums, true);
          return values.map((value) => value - values[0]);
        } finally {
          sums.release();
        }
      },
    }
  );
}

/** The values of divisions, by the way that is less work; `apart` wants no more than by how much they differ from each other. */
function* valuesOf(pool: Pool, orders: readonly Uint32Array[], sums: KernelSumsOf, apart: boolean): Task<Sums> {
  const { count, dimension, weighted } = pool;
  const few = Math.min(pool.countX, count - pool.countX);
  // Sums over all are the same for every division, but for weights that are scaled anew.
  const inCommon = apart && !weighted;
  const rows = inCommon ? Math.min(count, orders.length * few) : count;
  const onSmallSide = orders.length * few * few * (dimension + 2) + rows * count * dimension;
  const onLabels = (count * count * (dimension * Math.ceil(orders.length / COLUMNS) + orders.length)) / 2;
  return yield* onSmallSide < onLabels ? fromSmallSide(pool, orders, sums, inCommon) : fromLabels(pool, orders, sums);
}

/** A kernel norm's gradient in the weights of a division. */
export interface KernelField {
  /** K (a - b) at every point of the pool. */
  readonly values: Float64Array;
  /** How far rounding may put each of them off. */
  readonly errors: Float64Array;
}

/** K (a - b) at the points of a pool, for a division: the gradient in the weights of a, and its negative in those of b. */
export function* kernelField(norm: KernelNorm, pool: Pool, order: Uint32Array): Task<KernelField> {
  const sums = kernelSumsOf(norm, pool);
  try {
    const [signed, absolute] = [sums.labels(1), sums.labels(1)];
    const scale = Math.sqrt(label(pool, order, signed, 1, 0, -1));
    label(pool, order, absolute, 1, 0, 1);
    const values = yield* sums.ofRows(signed, false);
    const sizes = yield* sums.ofRows(absolute, !ONE_SIGNED.has(norm.kernel));
    const rounding = scale * roundingOf(norm.backend, pool);
    return { values: values.map((value) => scale * value), errors: sizes.map((size) => rounding * Math.abs(size)) };
  } finally {
    sums.release();
  }
}

/** The rounding of a sum of n terms grows as the root of n; some more for the terms themselves. */
const roundingOf = ({ precision }: Pick<Backend, 'precision'>, { count }: Pool): number =>
  (precision === 'float32' ? 2 ** -23 : 2 ** -52) * (8 + 2 * Math.sqrt(count));

/** The values, and <|w|, K |w|> / 2 of the first order without its sign. */
interface Sums {
  readonly values: Float64Array;
  readonly size: number;
}

/** The same with |k|: what was added up for the value, had nothing cancelled. */
function* sizeOf(pool: Pool, order: Uint32Array, sums: KernelSumsOf): Task<number> {
  const labels = sums.labels(1);
  const factor = label(pool, order, labels, 1, 0, 1);
  const [size] = yield* sums.quadratic(labels, 1, true);
  return (size * factor) / 2;
}

/**
 * Writes a - b over the sum of both sides' scales, which keeps labels of equal samples at +-1/2, as a column of labels, with
 * `sign` in front of b; gives the square of that sum.
 */
function label(
  pool: Pool,
  order: Uint32Array,
  labels: Float32Array | Float64Array,
  columns: number,
  column: number,
  sign: 1 | -1,
): number {
  const { weights, countX } = pool;
  const { u, v } = scalesOf(pool, order);
  const [ofX, ofY] = [u / (u + v), (sign * v) / (u + v)];
  for (let place = 0; place < order.length; place++) {
    const point = order[place];
    labels[point * columns + column] = weights[point] * (place < countX ? ofX : ofY);
  }
  return (u + v) ** 2;
}

function scalesOf(pool: Pool, order: Uint32Array): { readonly u: number; readonly v: number } {
  return {
    u: pool.massX / massOf(pool, order.subarray(0, pool.countX)),
    v: pool.massY / massOf(pool, order.subarray(pool.countX)),
  };
}

function* fromLabels(pool: Pool, orders: readonly Uint32Array[], sums: KernelSumsOf): Task<Sums> {
  const values = new Float64Array(orders.length);
  let size = 0;
  // One more column for the size.
  const most = Math.max(1, Math.min(COLUMNS, Math.floor(MOST_LABELS / pool.count)) - 1);
  for (let from = 0; from < orders.length; from += most) {
    const some = orders.slice(from, from + most);
    const columns = some.length + (from === 0 ? 1 : 0);
    const labels = sums.labels(columns);
    const factors: number[] = [];
    for (const [column, order] of some.entries()) {
      yield* pause();
      factors.push(label(pool, order, labels, columns, column, -1));
    }
    if (from === 0) label(pool, orders[0], labels, columns, some.length, 1);
    const found = yield* sums.quadratic(labels, columns, false);
    factors.forEach((factor, k) => {
      values[from + k] = (found[k] * factor) / 2;
    });
    if (from === 0) size = Math.abs(found[some.length] * factors[0]) / 2;
  }
  return { values, size };
}

/**
 * With S the small side, s its scale and t the other's: w = (s + t) p on S, less t p everywhere, so that
 * <w, K w> = (s + t)^2 <p, K p> over S x S - 2 t (s + t) <p, K p> over S x all + t^2 <p, K p> over all x all. What divisions have `inCommon`,
 * the last term, is left out where only their differences are wanted.
 */
function* fromSmallSide(pool: Pool, orders: readonly Uint32Array[], sums: KernelSumsOf, inCommon: boolean): Task<Sums> {
  const { count, countX, weights } = pool;
  const isX = countX <= count - countX;
  const few = isX ? countX : count - countX;
  const sideOf = (order: Uint32Array) => (isX ? order.subarray(0, countX) : order.subarray(countX));
  const all = new Float64Array(count);
  let whole = 0;
  if (inCommon) {
    const places = Uint32Array.from(new Set(orders.flatMap((order) => [...sideOf(order)])));
    (yield* sums.ofRows(weights, false, places)).forEach((value, k) => {
      all[places[k]] = value;
    });
  } else {
    all.set(yield* sums.ofRows(weights, false));
    whole = all.reduce((total, value, index) => total + weights[index] * value, 0);
  }
  const values = new Float64Array(orders.length);
  let size = 0;
  const most = Math.max(1, Math.floor(MOST_LABELS / (few * (pool.dimension + 1))));
  for (let from = 0; from < orders.length; from += most) {
    const sides = orders.slice(from, from + most).map(sideOf);
    const within = yield* sums.within(sides);
    sides.forEach((side, k) => {
      const { u, v } = scalesOf(pool, orders[from + k]);
      const [s, t] = isX ? [u, v] : [v, u];
      let [inside, across] = [0, 0];
      side.forEach((point, place) => {
        inside += weights[point] * within[k * few + place];
        across += weights[point] * all[point];
      });
      const half = (t: number) => ((s + t) ** 2 * inside) / 2 - t * (s + t) * across + (t * t * whole) / 2;
      values[from + k] = half(t);
      // |w| has the other sign on the other side.
      if (from + k === 0) size = Math.abs(half(-t));
    });
  }
  return { values, size };
}

function kernelSumsOf({ backend, kernel, blur, scalingPower }: KernelNorm, pool: Pool): KernelSumsOf {
  const { count, dimension, weights } = pool;
  // As in a loss: kernels of x - y see coordinates in which float32 has most digits.
  const measure = asMeasure(pool);
  const scale = scalingPower !== undefined && backend.precision === 'float32';
  const frame = scale ? unitFrame([measure]) : rawFrame(dimension);
  const points = toFrame(measure, frame);
  const unit = frame.scale ** (scalingPower ?? 0);
  const parameters: Record<string, number> = blur === undefined ? {} : { inverseBlur: frame.scale / blur };
  const held = new Set<DeviceArray>();
  const upload = (values: ArrayLike<number>, shape: readonly number[]) => {
    const array = backend.array(values, shape);
    held.add(array);
    return array;
  };
  const release = (...arrays: readonly DeviceArray[]) => {
    for (const array of arrays) {
      held.delete(array);
      backend.release(array);
    }
  };
  const uploadPoints = (from: number, to: number) =>
    upload(points.subarray(from * dimension, to * dimension), [to - from, dimension]);
  const uploadPlaces = (places: Uint32Array) => {
    const some = new Float64Array(places.length * dimension);
    places.forEach((place, k) => {
      some.set(points.subarray(place * dimension, (place + 1) * dimension), k * dimension);
    });
    return upload(some, [places.length, dimension]);
  };
  const kernelOfPair = kernel(formula.row('point', dimension), formula.column('point', dimension));
  const sum = function* (
    rows: DeviceArray,
    columns: Readonly<Record<'point' | 'label', DeviceArray>>,
    size: number,
    absolute = false,
  ): Task<Float64Array> {
    yield* report({ stage: 'kernel sums' }, backend);
    const [result] = backend.reduce({
      kind: 'sum',
      // A plain product of the pair's number and the labels: nothing else is done for each label.
      value: formula.mul(
        formula.simplify(absolute ? formula.abs(kernelOfPair) : kernelOfPair),
        formula.column('label', size),
      ),
      rows: { point: rows },
      columns,
      parameters,
    });
    held.add(result);
    const values = yield* readScaled(backend, result, unit);
    release(result);
    return values;
  };
  /** Rows of one dispatch over `columnCount` columns with labels of a size. */
  const rowsAtMost = (columnCount: number, size: number) =>
    Math.max(1, Math.floor(OPERATIONS / (columnCount * (dimension + size))));
  return {
    labels: (columns) =>
      backend.precision === 'float32' ? new Float32Array(count * columns) : new Float64Array(count * columns),
    *quadratic(labels, columns, absolute) {
      const totals = new Float64Array(columns);
      for (let from = 0, to = 0; from < count; from = to) {
        const rows = Math.min(Math.ceil(count / BLOCKS), rowsAtMost(count - from, columns));
        to = Math.min(count, from + rows);
        // Pairs of the block come twice by themselves, those with points after it once. With half of its labels, which are not
        // needed later, on both sides of a pair, a quarter of either is added up.
        const own = labels.subarray(from * columns, to * columns);
        for (let index = 0; index < own.length; index++) own[index] /= 2;
        const point = uploadPoints(from, to);
        const rest = uploadPoints(from, count);
        const label = upload(labels.subarray(from * columns), [count - from, columns]);
        const found = yield* sum(point, { point: rest, label }, columns, absolute);
        release(point, rest, label);
        for (let row = 0; row < own.length; row += columns) {
          for (let k = 0; k < columns; k++) totals[k] += own[row + k] * found[row + k];
        }
      }
      return totals.map((total) => 4 * total);
    },
    *ofRows(given, absolute, places) {
      const rows = places?.length ?? count;
      const found = new Float64Array(rows);
      const everyPoint = uploadPoints(0, count);
      const label = upload(given, [count, 1]);
      for (let from = 0, to = 0; from < rows; from = to) {
        to = Math.min(rows, from + rowsAtMost(count, 1));
        const point = places ? uploadPlaces(places.subarray(from, to)) : uploadPoints(from, to);
        found.set(yield* sum(point, { point: everyPoint, label }, 1, absolute), from);
        release(point);
      }
      release(everyPoint, label);
      return found;
    },
    *within(sides) {
      const few = sides[0].length;
      const own = new Float64Array(sides.length * few * dimension);
      const label = new Float64Array(sides.length * few);
      sides.forEach((side, k) => {
        side.forEach((from, place) => {
          const to = k * few + place;
          own.set(points.subarray(from * dimension, (from + 1) * dimension), to * dimension);
          label[to] = weights[from];
        });
      });
      const point = upload(own, [sides.length, few, dimension]);
      const labels = upload(label, [sides.length, few, 1]);
      const found = yield* sum(point, { point, label: labels }, 1);
      release(point, labels);
      return found;
    },
    release() {
      release(...held);
    },
  };
}

const asMeasure = ({ points, weights, count, dimension }: Pool): CheckedMeasure => ({
  name: 'pool',
  points,
  weights,
  masses: Float64Array.of(weights.reduce((total, weight) => total + weight, 0)),
  batch: 1,
  batched: false,
  count,
  dimension,
});

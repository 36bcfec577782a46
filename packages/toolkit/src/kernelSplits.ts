import {
  type CheckedMeasure,
  type DeviceArray,
  formula,
  rawFrame,
  readScaled,
  report,
  type Task,
  toFrame,
  unitFrame,
} from '@sinkhorn/core';
import type { KernelNorm } from '@sinkhorn/losses';
import { massOf, type Pool } from './pool.js';

/** The values of a statistic for divisions of a pool. */
export interface SplitValues {
  readonly values: Float64Array;
  /** How far rounding may put two values apart that are equal. */
  readonly rounding: number;
}

/** How many columns of labels go with one pass, and how many labels there are at most at a time. */
const COLUMNS = 512;
const MOST_LABELS = 2 ** 22;
/** About as many operations one dispatch has: a test can be stopped between two. */
const OPERATIONS = 1e9;

/**
 * Half the squared kernel norm of a - b for each order of the pool's points.
 *
 * Let p be the weights, and u and v the scales of the two sides. Then a - b is w = u p on the one and -v p on the other, and
 * the value is <w, K w> / 2. One pass over the pairs serves many divisions, each a column of labels; where one side is small,
 * the sums over all, the same for every division, and those over the pairs of that side are less work.
 */
export function* kernelSplits(norm: KernelNorm, pool: Pool, orders: readonly Uint32Array[]): Task<SplitValues> {
  const { count, dimension } = pool;
  const few = Math.min(pool.countX, count - pool.countX);
  const onSmallSide = orders.length * few * few * (dimension + 2) + count * count * dimension;
  const onLabels = count * count * (dimension * Math.ceil(orders.length / COLUMNS) + orders.length);
  const sums = kernelSumsOf(norm, pool);
  try {
    const values = yield* onSmallSide < onLabels ? fromSmallSide(pool, orders, sums) : fromLabels(pool, orders, sums);
    // What was added up for the value, had nothing cancelled.
    const { label, factor } = labelsOf(pool, orders[0]);
    const absolute = label.map(Math.abs);
    const sizes = yield* sums.ofColumns(absolute, 1, true);
    const size = absolute.reduce((total, weight, index) => total + (weight * sizes[index] * factor) / 2, 0);
    const epsilon = norm.backend.precision === 'float32' ? 2 ** -23 : 2 ** -52;
    // The rounding of a sum of n terms grows as the root of n; some more for the terms themselves.
    return { values, rounding: epsilon * size * (8 + 2 * Math.sqrt(count)) };
  } finally {
    sums.release();
  }
}

/** a - b over the sum of both sides' scales, which keeps labels of equal samples at +-1/2, and the square of that sum. */
function labelsOf(pool: Pool, order: Uint32Array): { readonly label: Float64Array; readonly factor: number } {
  const { u, v } = scalesOf(pool, order);
  const label = new Float64Array(pool.count);
  order.forEach((point, place) => {
    label[point] = (pool.weights[point] * (place < pool.countX ? u : -v)) / (u + v);
  });
  return { label, factor: (u + v) ** 2 };
}

function scalesOf(pool: Pool, order: Uint32Array): { readonly u: number; readonly v: number } {
  return {
    u: pool.massX / massOf(pool, order.subarray(0, pool.countX)),
    v: pool.massY / massOf(pool, order.subarray(pool.countX)),
  };
}

function* fromLabels(pool: Pool, orders: readonly Uint32Array[], sums: KernelSumsOf): Task<Float64Array> {
  const { count } = pool;
  const values = new Float64Array(orders.length);
  const most = Math.max(1, Math.min(COLUMNS, Math.floor(MOST_LABELS / count)));
  for (let from = 0; from < orders.length; from += most) {
    const columns = Math.min(most, orders.length - from);
    const labels = new Float64Array(count * columns);
    const factors = new Float64Array(columns);
    for (let k = 0; k < columns; k++) {
      const { label, factor } = labelsOf(pool, orders[from + k]);
      factors[k] = factor;
      for (let i = 0; i < count; i++) labels[i * columns + k] = label[i];
    }
    const found = yield* sums.ofColumns(labels, columns, false);
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < columns; k++) values[from + k] += labels[i * columns + k] * found[i * columns + k];
    }
    for (let k = 0; k < columns; k++) values[from + k] *= factors[k] / 2;
  }
  return values;
}

/**
 * With S the small side, s its scale and t the other's: w = (s + t) p on S, less t p everywhere, so that
 * <w, K w> = (s + t)^2 <p, K p> over S x S - 2 t (s + t) <p, K p> over S x all + t^2 <p, K p> over all x all.
 */
function* fromSmallSide(pool: Pool, orders: readonly Uint32Array[], sums: KernelSumsOf): Task<Float64Array> {
  const { count, countX, weights } = pool;
  const isX = countX <= count - countX;
  const few = isX ? countX : count - countX;
  const all = yield* sums.ofColumns(weights, 1, false);
  const whole = all.reduce((total, value, index) => total + weights[index] * value, 0);
  const values = new Float64Array(orders.length);
  const most = Math.max(1, Math.floor(MOST_LABELS / (few * (pool.dimension + 1))));
  for (let from = 0; from < orders.length; from += most) {
    const sides = orders
      .slice(from, from + most)
      .map((order) => (isX ? order.subarray(0, countX) : order.subarray(countX)));
    const within = yield* sums.within(sides);
    sides.forEach((side, k) => {
      const { u, v } = scalesOf(pool, orders[from + k]);
      const [s, t] = isX ? [u, v] : [v, u];
      let [inside, across] = [0, 0];
      side.forEach((point, place) => {
        inside += weights[point] * within[k * few + place];
        across += weights[point] * all[point];
      });
      values[from + k] = ((s + t) ** 2 * inside) / 2 - t * (s + t) * across + (t * t * whole) / 2;
    });
  }
  return values;
}

interface KernelSumsOf {
  /** sum_j |k|(z_i, z_j) w_j, or with k itself, for every point of the pool and every column w of `labels`: [N, columns]. */
  ofColumns(labels: Float64Array, columns: number, absolute: boolean): Task<Float64Array>;
  /** sum_j p_j k(z_i, z_j) over the points of one side, for each of these, for sides of one size: [B, n]. */
  within(sides: readonly Uint32Array[]): Task<Float64Array>;
  release(): void;
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
  const release = (array: DeviceArray) => {
    held.delete(array);
    backend.release(array);
  };
  const everyPoint = upload(points, [count, dimension]);
  const kernelOfPair = kernel(formula.row('point', dimension), formula.column('point', dimension));
  let iteration = 0;
  const sum = function* (
    rows: DeviceArray,
    columns: Readonly<Record<'point' | 'label', DeviceArray>>,
    size: number,
    absolute = false,
  ): Task<Float64Array> {
    iteration += 1;
    yield* report({ stage: 'kernel sums', iteration, epsilon: Number.NaN }, backend);
    const [result] = backend.reduce({
      kind: 'sum',
      value: formula.simplify(
        formula.mul(absolute ? formula.abs(kernelOfPair) : kernelOfPair, formula.column('label', size)),
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
  return {
    *ofColumns(labels, columns, absolute) {
      const label = upload(labels, [count, columns]);
      const found = new Float64Array(count * columns);
      const rows = Math.min(count, Math.max(1, Math.floor(OPERATIONS / (count * (dimension + columns)))));
      for (let from = 0; from < count; from += rows) {
        const some = Math.min(rows, count - from);
        const whole = some === count;
        const point = whole
          ? everyPoint
          : upload(points.subarray(from * dimension, (from + some) * dimension), [some, dimension]);
        found.set(yield* sum(point, { point: everyPoint, label }, columns, absolute), from * columns);
        if (!whole) release(point);
      }
      release(label);
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
      release(point);
      release(labels);
      return found;
    },
    release() {
      for (const array of held) backend.release(array);
      held.clear();
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

import type { CheckedMeasure, MeasurePair } from '@sinkhorn/core';
import type { Loss, StopSignal } from '@sinkhorn/losses';

/** What a value of a loss is as a length: by how much the first cloud differs as much from itself, moved as a whole. */
export type AsLength = (value: number) => Promise<number>;

/** How far the values of two single points may be from a power of their distance, relative. */
const POWER_TOLERANCE = 1e-4;
/** Points of the cloud that is moved: how a kernel norm grows with a shift depends on the spread of a cloud, not on each point. */
const MOST_POINTS = 300;
/** How near the value of a shift has to be, relative, and how often it is tried. */
const SHIFT_TOLERANCE = 1e-4;
const MOST_STEPS = 12;
/** The first shift that is tried, as a share of the blur or the extent; each is twice the one before; and the last, as a share of the extent. */
const FIRST_SHIFT = 2 ** -10;
const LAST_SHIFT = 8;
/** By how much a value has to grow, relative, to be more than rounding. */
const GROWTH = 1e-6;

/**
 * Makes a function from values of a loss to lengths in units of the coordinates: how far one cloud would have to be moved, as a whole,
 * to differ as much from where it was. For transport that is the Wasserstein distance, sqrt(2 S) for the cost |x - y|^2 / 2. For a kernel norm
 * it is found by moving some points of x along the difference of the means; beyond what the kernel sees it is Infinity.
 *
 * Undefined where a shift does not tell: for a cost of your own, and for transport that leaves mass out. That is seen from the values
 * of two single points at two distances and in two directions, which have to be a multiple of the distance or of its square.
 */
export async function equivalentShift(
  loss: Loss,
  pair: MeasurePair,
  signal?: StopSignal,
): Promise<AsLength | undefined> {
  return loss.kernelNorm ? shiftOfNorm(loss, pair, signal) : shiftOfTransport(loss, pair, signal);
}

async function shiftOfTransport(loss: Loss, pair: MeasurePair, signal?: StopSignal): Promise<AsLength | undefined> {
  const { dimension } = pair.x;
  const length = extentOf(pair);
  const at = (points: readonly number[], { masses }: CheckedMeasure) => ({ points, dimension, weights: [masses[0]] });
  const zeros = new Array<number>(dimension).fill(0);
  const valueAt = (point: readonly number[]) => loss.value(at(point, pair.x), at(zeros, pair.y), { signal });
  const along = (distance: number) => zeros.map((_, d) => (d === 0 ? distance : 0));
  const once = await valueAt(along(length));
  const twice = await valueAt(along(2 * length));
  const across = await valueAt(zeros.map(() => length / Math.sqrt(dimension)));
  const power = Math.round(Math.log2(twice / once));
  const isPower = (power === 1 || power === 2) && near(twice, once * 2 ** power) && near(across, once);
  return isPower ? async (value) => length * (Math.max(0, value) / once) ** (1 / power) : undefined;
}

const near = (a: number, b: number) => Math.abs(a - b) <= POWER_TOLERANCE * Math.abs(b);

async function shiftOfNorm(loss: Loss, pair: MeasurePair, signal?: StopSignal): Promise<AsLength> {
  const cloud = some(pair.x);
  const { points, dimension } = cloud;
  const direction = directionOf(pair);
  const extent = extentOf(pair);
  const valueAt = (shift: number) => {
    const moved = points.map((coordinate, k) => coordinate + shift * direction[k % dimension]);
    return loss.value({ ...cloud, points: moved }, cloud, { signal });
  };
  const found: Tried[] = [];
  let [last, top] = [0, 0];
  for (
    let shift = FIRST_SHIFT * Math.min(extent, loss.kernelNorm?.blur ?? extent);
    shift <= LAST_SHIFT * extent;
    shift *= 2
  ) {
    last = await valueAt(shift);
    // Below it there is rounding, above it the kernel sees nothing more.
    if (last <= top * (1 + GROWTH)) continue;
    top = last;
    found.push({ shift, value: last });
  }
  const isSaturated = found.at(-1)?.value !== last || last === 0;
  const most = isSaturated ? top * (1 - GROWTH) : Number.POSITIVE_INFINITY;
  return async (value) => {
    if (!(value > 0) || found.length === 0) return 0;
    if (value >= most) return Number.POSITIVE_INFINITY;
    const place = found.findIndex((each) => each.value >= value);
    // Any squared norm is quadratic near 0.
    if (place === 0) return found[0].shift * Math.sqrt(value / found[0].value);
    if (place > 0) return between(found[place - 1], found[place], value, valueAt);
    // The energy distance grows as the shift at last.
    const [low, high] = found.slice(-2);
    return high.shift * (value / high.value) ** powerOf(low, high);
  };
}

interface Tried {
  readonly shift: number;
  readonly value: number;
}

/** By false position on logarithms, where values are nearly powers of the shift. */
async function between(
  low: Tried,
  high: Tried,
  value: number,
  valueAt: (shift: number) => Promise<number>,
): Promise<number> {
  let [below, above] = [low, high];
  for (let step = 0; step < MOST_STEPS; step++) {
    const shift = below.shift * (value / below.value) ** powerOf(below, above);
    const tried = { shift, value: await valueAt(shift) };
    if (Math.abs(tried.value - value) <= SHIFT_TOLERANCE * value) return shift;
    if (tried.value < value) below = tried;
    else above = tried;
  }
  return below.shift * (value / below.value) ** powerOf(below, above);
}

const powerOf = (low: Tried, high: Tried) => Math.log(high.shift / low.shift) / Math.log(high.value / low.value);

/** Evenly spread points of a cloud, with its mass. */
function some({ points, weights, masses, dimension, count }: CheckedMeasure) {
  const step = Math.max(1, count / MOST_POINTS);
  const chosen = Array.from({ length: Math.min(count, MOST_POINTS) }, (_, k) => Math.floor(k * step));
  const own = chosen.map((index) => weights[index]);
  const total = own.reduce((sum, weight) => sum + weight, 0);
  return {
    points: Float64Array.from(
      chosen.flatMap((index) => Array.from(points.subarray(index * dimension, (index + 1) * dimension))),
    ),
    dimension,
    weights: total > 0 ? own.map((weight) => (weight / total) * masses[0]) : own.map(() => masses[0] / own.length),
  };
}

/** Of length 1: from the mean of y to that of x, or along the diagonal where they coincide. */
function directionOf({ x, y }: MeasurePair): Float64Array {
  const means = [x, y].map(({ points, weights, masses, dimension }) => {
    const mean = new Float64Array(dimension);
    points.forEach((value, k) => {
      mean[k % dimension] += (weights[Math.floor(k / dimension)] / masses[0]) * value;
    });
    return mean;
  });
  const difference = means[0].map((value, d) => value - means[1][d]);
  const length = Math.hypot(...difference);
  const size = Math.hypot(...means[0]) + Math.hypot(...means[1]);
  return length > 1e-9 * size ? difference.map((value) => value / length) : difference.fill(1 / Math.sqrt(x.dimension));
}

/** The longest side of the box around both clouds, or 1 where all points coincide. */
function extentOf({ x, y }: MeasurePair): number {
  const { dimension } = x;
  let extent = 0;
  for (let d = 0; d < dimension; d++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { points } of [x, y]) {
      for (let k = d; k < points.length; k += dimension) {
        low = Math.min(low, points[k]);
        high = Math.max(high, points[k]);
      }
    }
    extent = Math.max(extent, high - low);
  }
  return extent > 0 ? extent : 1;
}

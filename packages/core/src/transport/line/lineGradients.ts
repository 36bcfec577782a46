import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import type { LineOptions } from './lineOptions.js';
import { lineSlopes } from './lineSlopes.js';
import type { SolvedElement } from './solvedElement.js';
import { solvedPotentials } from './solvedPotentials.js';
import { weightedMean } from './weightedMean.js';

/** Gradients in the points and weights of the sides that are wanted, as far as they are added up. */
export type GradientSums = { readonly [S in Side]?: HostGradient };

/** Nothing yet, for points of so many coordinates. */
export function emptySums(pair: MeasurePair, sides: readonly Side[], dimension: number): GradientSums {
  const empty = ({ weights }: { readonly weights: Float64Array }): HostGradient => ({
    points: new Float64Array(weights.length * dimension),
    weights: new Float64Array(weights.length),
  });
  return Object.fromEntries(sides.map((side) => [side, empty(pair[side])]));
}

/**
 * Adds the gradients of a solved pair: slopes times the direction on which points in more dimensions were projected, and potentials up to a
 * constant.
 */
export function* addLineGradients(
  pair: MeasurePair,
  elements: readonly SolvedElement[],
  options: LineOptions,
  direction: Float64Array,
  sums: GradientSums,
): Task<void> {
  for (const [index, element] of elements.entries()) {
    const potentials = yield* solvedPotentials(element, options);
    for (const side of ['x', 'y'] as const) {
      const sum = sums[side];
      if (!sum) continue;
      const { order, weightless } = element[side];
      const { count } = pair[side];
      const slopes = new Float64Array(count);
      const potential = new Float64Array(count);
      // Into the order of the input first, by arrays that stay in the cache: to add points up in the order of the line took four times as long.
      yield* place(yield* lineSlopes(pair[side], side, index, element, options), order, slopes);
      yield* place(potentials[side].sorted, order, potential);
      yield* place(potentials[side].weightless, weightless.order, potential);
      const first = index * count;
      yield* chunked(count, (from, to) => addSome(slopes, potential, direction, sum, first, from, to));
    }
  }
}

const place = (values: Float64Array, order: Uint32Array, into: Float64Array): Task<void> =>
  chunked(values.length, (from, to) => {
    for (let k = from; k < to; k++) into[order[k]] = values[k];
  });

function addSome(
  slopes: Float64Array,
  potential: Float64Array,
  direction: Float64Array,
  { points, weights }: HostGradient,
  first: number,
  from: number,
  to: number,
): void {
  const dimension = direction.length;
  for (let k = from; k < to; k++) {
    const point = first + k;
    const slope = slopes[k];
    weights[point] += potential[k];
    for (let c = 0; c < dimension; c++) points[point * dimension + c] += slope * direction[c];
  }
}

/** Adds some sums to others. */
export function* addSums(sums: GradientSums, others: GradientSums): Task<void> {
  for (const side of ['x', 'y'] as const) {
    const [sum, more] = [sums[side], others[side]];
    if (!sum || !more) continue;
    yield* addNumbers(sum.points, more.points);
    yield* addNumbers(sum.weights, more.weights);
  }
}

const addNumbers = (into: Float64Array, more: Float64Array): Task<void> =>
  chunked(into.length, (from, to) => {
    for (let k = from; k < to; k++) into[k] += more[k];
  });

/** The gradients that sums come to, times a factor: those in weights without their weighted mean, which carries no meaning. */
export function gradientsFrom(pair: MeasurePair, sums: GradientSums, factor: number): HostGradients {
  const gradients: { [S in Side]?: HostGradient } = {};
  for (const side of ['x', 'y'] as const) {
    const sum = sums[side];
    if (!sum) continue;
    const { weights, count } = pair[side];
    gradients[side] = {
      points: sum.points.map((slope) => factor * slope),
      weights: centred(sum.weights, weights, count, factor),
    };
  }
  return gradients;
}

function centred(potential: Float64Array, weights: Float64Array, count: number, factor: number): Float64Array {
  const result = potential.slice();
  for (let start = 0; start < result.length; start += count) {
    const mean = weightedMean(result.subarray(start, start + count), weights.subarray(start, start + count));
    for (let k = start; k < start + count; k++) result[k] = factor * (result[k] - mean);
  }
  return result;
}

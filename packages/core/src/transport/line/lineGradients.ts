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
      const { sorted, weightless: others } = potentials[side];
      const slopes = yield* lineSlopes(pair[side], side, index, element, options);
      const first = index * pair[side].count;
      yield* chunked(order.length, (from, to) => addSome(order, first, slopes, direction, sorted, sum, from, to));
      yield* chunked(weightless.order.length, (from, to) => {
        for (let place = from; place < to; place++) sum.weights[first + weightless.order[place]] += others[place];
      });
    }
  }
}

/** Adds what sorted points have to the gradients in the order of the input. */
function addSome(
  order: Uint32Array,
  first: number,
  slopes: Float64Array,
  direction: Float64Array,
  potential: Float64Array,
  { points, weights }: HostGradient,
  from: number,
  to: number,
): void {
  const dimension = direction.length;
  for (let place = from; place < to; place++) {
    const point = first + order[place];
    const slope = slopes[place];
    weights[point] += potential[place];
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

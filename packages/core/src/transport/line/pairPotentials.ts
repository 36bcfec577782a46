import type { MeasurePair } from '../../measure/pair.js';
import { bySide, other } from '../../measure/side.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import type { LineOptions } from './lineOptions.js';
import type { SolvedElement } from './solvedElement.js';
import { solvedPotentials } from './solvedPotentials.js';
import { weightedMean } from './weightedMean.js';

/** The potentials of all points of the input, [B, N] and [B, M], in the gauge of equal weighted means. */
export function* pairPotentials(
  pair: MeasurePair,
  elements: readonly SolvedElement[],
  options: LineOptions,
): Task<{ readonly f: Float64Array; readonly g: Float64Array }> {
  const potentials = bySide((side) => new Float64Array(pair[side].weights.length));
  for (const [index, element] of elements.entries()) {
    const solved = yield* solvedPotentials(element, options);
    const means = bySide((side) => weightedMean(solved[side].sorted, element[side].masses));
    for (const side of ['x', 'y'] as const) {
      const shift = (means[other(side)] - means[side]) / 2;
      const { count } = pair[side];
      const into = potentials[side].subarray(index * count, (index + 1) * count);
      const { order, weightless } = element[side];
      yield* placeShifted(solved[side].sorted, shift, order, into);
      yield* placeShifted(solved[side].weightless, shift, weightless.order, into);
    }
  }
  return { f: potentials.x, g: potentials.y };
}

/** Puts a potential and a constant into the order of the input. */
const placeShifted = (potential: Float64Array, shift: number, order: Uint32Array, into: Float64Array): Task<void> =>
  chunked(potential.length, (from, to) => {
    for (let place = from; place < to; place++) into[order[place]] = potential[place] + shift;
  });

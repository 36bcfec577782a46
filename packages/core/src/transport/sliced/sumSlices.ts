import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { emptySums, type GradientSums } from '../line/lineGradients.js';
import { solveLine } from '../line/solveLine.js';
import { projectPair } from './project.js';

/** What some directions come to. */
export interface SlicesSum {
  /** [B, L] */
  readonly values: Float64Array;
  readonly massError: number;
  readonly largestCost: number;
  /** The sums over the directions. */
  readonly gradients: GradientSums;
}

/**
 * Transport along some directions.
 *
 * @param vectors - [L, D]
 * @param tell - Is asked before each direction, by its number.
 */
export function* sumSlices(
  pair: MeasurePair,
  p: number,
  vectors: Float64Array,
  wrt: readonly Side[],
  tell: (direction: number) => Task<void> = function* () {},
): Task<SlicesSum> {
  const { batch, dimension } = pair.x;
  const count = vectors.length / dimension;
  const values = new Float64Array(batch * count);
  const gradients = emptySums(pair, wrt, dimension);
  let [massError, largestCost] = [0, 0];
  for (let l = 0; l < count; l++) {
    yield* tell(l);
    const direction = vectors.subarray(l * dimension, (l + 1) * dimension);
    const solved = yield* solveLine(yield* projectPair(pair, direction), { p });
    for (let element = 0; element < batch; element++) values[element * count + l] = solved.values[element];
    massError = Math.max(massError, solved.massError);
    largestCost = Math.max(largestCost, solved.largestCost);
    if (wrt.length > 0) yield* solved.addGradients(direction, gradients);
  }
  return { values, massError, largestCost, gradients };
}

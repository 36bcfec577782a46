import { InvalidMeasureError } from '../../errors.js';
import type { HostGradients } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkEqualMasses, checkPair, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { numbersChunked } from '../../tasks/chunked.js';
import { atOnce } from '../../tasks/preparing.js';
import { report, type Task } from '../../tasks/task.js';
import { onCircle } from './circle.js';
import { circleCut, SAME } from './circleCut.js';
import { lineCost } from './lineCost.js';
import { addLineGradients, emptySums, type GradientSums, gradientsFrom } from './lineGradients.js';
import type { LineOptions } from './lineOptions.js';
import { type LineSide, lineSide, turnedSide } from './lineSide.js';
import { pairPotentials } from './pairPotentials.js';
import { type PlanPairs, planOf } from './planPairs.js';
import type { SolvedElement } from './solvedElement.js';
import { stepsFor, walk } from './walk.js';

/** Transport on a line or a circle, solved; what a caller may not want is computed when asked for. */
export interface LineSolved {
  /** [B] */
  readonly values: Float64Array;
  /** The most mass of an element that rounding leaves out of its plan, or that masses of the two sides differ by, over the mass. */
  readonly massError: number;
  /** The largest cost of a pair of the plan. */
  readonly largestCost: number;
  plan(): PlanPairs;
  /** [B, N] and [B, M]: f_i + g_j <= C_ij, with equality where the plan has mass, and equal weighted means. */
  potentials(): { readonly f: Float64Array; readonly g: Float64Array };
  gradientsOf(sides: readonly Side[]): Task<HostGradients>;
  /** Adds gradients of points in more dimensions that were projected on a direction. */
  addGradients(direction: Float64Array, sums: GradientSums): Task<void>;
}

/**
 * Exact transport between measures on a line, or a circle: min over plans of sum_ij pi_ij |x_i - y_j|^p / p, in N log N. On a circle
 * |x - y| is the length of the shorter arc.
 *
 * @throws InvalidMeasureError where points have more than one coordinate, masses differ, or costs exceed the range of numbers.
 */
export function* solveLine(pair: MeasurePair, options: LineOptions): Task<LineSolved> {
  const { p, period } = options;
  const { x, y } = pair;
  for (const { name, dimension } of [x, y]) {
    if (dimension === 1) continue;
    throw new InvalidMeasureError(
      `${name} has dimension ${dimension}, and a line has 1: give one coordinate a point, or use slicedWasserstein or exactTransport`,
    );
  }
  checkPair(pair);
  checkEqualMasses(pair, 'set normalize: true to compare shares');
  const values = new Float64Array(x.batch);
  const elements: SolvedElement[] = [];
  let [massError, largestCost] = [0, 0];
  for (let element = 0; element < x.batch; element++) {
    const told = x.batched ? { share: element / x.batch } : {};
    // Masses may differ by the rounding of the weights: both are brought to their mean.
    const mass = (x.masses[element] + y.masses[element]) / 2;
    const sorted = function* (measure: CheckedMeasure): Task<LineSide> {
      yield* report({ stage: 'sorting', ...told });
      const { points, weights } = yield* elementOf(measure, element, period);
      // Around a circle cumulative masses are compared, in which less than that does not show.
      const least = period === undefined ? 0 : 2 * SAME * measure.masses[element];
      return yield* lineSide(points, weights, mass / measure.masses[element], least);
    };
    let sideX = yield* sorted(x);
    let sideY = yield* sorted(y);
    yield* report({ stage: 'plan', ...told });
    if (period !== undefined) {
      const cut = yield* circleCut(sideX, sideY, p, period);
      sideX = yield* turnedSide(sideX, cut.i, period);
      sideY = yield* turnedSide(sideY, cut.j, period);
    }
    const steps = stepsFor(sideX.at.length, sideY.at.length);
    const { value, lost, farthest } = yield* walk(sideX, sideY, p, steps);
    if (!Number.isFinite(value)) {
      throw new InvalidMeasureError(
        `${x.name} and ${y.name} are so far apart that costs exceed the range of numbers: rescale the coordinates`,
      );
    }
    values[element] = value;
    const missing = lost + sideX.dropped + sideY.dropped;
    massError = Math.max(massError, (missing + Math.abs(x.masses[element] - y.masses[element])) / mass);
    largestCost = Math.max(largestCost, lineCost(farthest, p));
    elements.push({ x: sideX, y: sideY, steps });
  }
  return {
    values,
    massError,
    largestCost,
    plan: () => planOf(elements),
    potentials: () => atOnce(pairPotentials(pair, elements, options)),
    *gradientsOf(sides) {
      yield* report({ stage: 'gradients' });
      const sums = emptySums(pair, sides, 1);
      yield* addLineGradients(pair, elements, options, Float64Array.of(1), sums);
      return gradientsFrom(pair, sums, 1);
    },
    addGradients: (direction, sums) => addLineGradients(pair, elements, options, direction, sums),
  };
}

/** The points of an element, around a circle those of [0, period), and its weights. */
function* elementOf({ points, weights, count }: CheckedMeasure, element: number, period: number | undefined) {
  const at = points.subarray(element * count, (element + 1) * count);
  return {
    points: period === undefined ? at : yield* numbersChunked(count, (k) => onCircle(at[k], period)),
    weights: weights.subarray(element * count, (element + 1) * count),
  };
}

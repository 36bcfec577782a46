import { InvalidMeasureError } from '../../errors.js';
import type { HostGradients } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkEqualMasses, checkPair, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { chunked, numbersChunked } from '../../tasks/chunked.js';
import { atOnce } from '../../tasks/preparing.js';
import { report, type Task } from '../../tasks/task.js';
import { onCircle } from './circle.js';
import { circleCut, SAME } from './circleCut.js';
import { lineCost } from './lineCost.js';
import { lineGradients } from './lineGradients.js';
import type { LineOptions } from './lineOptions.js';
import { type LineSide, lineSide, turnedSide } from './lineSide.js';
import { pairPotentials } from './pairPotentials.js';
import { type PlanPairs, planOf } from './planPairs.js';
import type { SolvedElement } from './solvedElement.js';
import { type Steps, stepsFor, walk } from './walk.js';

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
    const { value, lost } = yield* walk(sideX, sideY, p, steps);
    if (!Number.isFinite(value)) {
      throw new InvalidMeasureError(
        `${x.name} and ${y.name} are so far apart that costs exceed the range of numbers: rescale the coordinates`,
      );
    }
    values[element] = value;
    const missing = lost + sideX.dropped + sideY.dropped;
    massError = Math.max(massError, (missing + Math.abs(x.masses[element] - y.masses[element])) / mass);
    largestCost = Math.max(largestCost, yield* largestCostOf(sideX, sideY, steps, p));
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
      return yield* lineGradients(pair, elements, options, sides);
    },
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

function* largestCostOf(x: LineSide, y: LineSide, { i, j, count }: Steps, p: number): Task<number> {
  let most = 0;
  yield* chunked(count, (from, to) => {
    for (let step = from; step < to; step++) {
      const distance = Math.abs(x.at[i[step]] - y.at[j[step]]);
      if (distance > most) most = distance;
    }
  });
  return lineCost(most, p);
}

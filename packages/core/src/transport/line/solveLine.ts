import { InvalidMeasureError } from '../../errors.js';
import type { HostGradients } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkEqualMasses, checkPair, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
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
    const [ofX, ofY] = [x, y].map((measure) => ({
      ...elementOf(measure, element, period),
      factor: mass / measure.masses[element],
      // Around a circle cumulative masses are compared, in which less than that does not show.
      least: period === undefined ? 0 : 2 * SAME * measure.masses[element],
    }));
    yield* report({ stage: 'sorting', ...told });
    let sideX = yield* lineSide(ofX.points, ofX.weights, ofX.factor, ofX.least);
    yield* report({ stage: 'sorting', ...told });
    let sideY = yield* lineSide(ofY.points, ofY.weights, ofY.factor, ofY.least);
    yield* report({ stage: 'plan', ...told });
    if (period !== undefined) {
      const cut = circleCut(sideX, sideY, p, period);
      sideX = turnedSide(sideX, cut.i, period);
      sideY = turnedSide(sideY, cut.j, period);
    }
    const steps = stepsFor(sideX.at.length, sideY.at.length);
    const { value, lost } = walk(sideX, sideY, p, steps);
    if (!Number.isFinite(value)) {
      throw new InvalidMeasureError(
        `${x.name} and ${y.name} are so far apart that costs exceed the range of numbers: rescale the coordinates`,
      );
    }
    values[element] = value;
    const missing = lost + sideX.dropped + sideY.dropped;
    massError = Math.max(massError, (missing + Math.abs(x.masses[element] - y.masses[element])) / mass);
    largestCost = Math.max(largestCost, largestCostOf(sideX, sideY, steps, p));
    elements.push({ x: sideX, y: sideY, steps });
  }
  return {
    values,
    massError,
    largestCost,
    plan: () => planOf(elements),
    potentials: () => pairPotentials(pair, elements, options),
    *gradientsOf(sides) {
      yield* report({ stage: 'gradients' });
      return lineGradients(pair, elements, options, sides);
    },
  };
}

/** The points of an element, around a circle those of [0, period), and its weights. */
function elementOf({ points, weights, count }: CheckedMeasure, element: number, period: number | undefined) {
  const at = points.subarray(element * count, (element + 1) * count);
  return {
    points: period === undefined ? at : Float64Array.from(at, (place) => onCircle(place, period)),
    weights: weights.subarray(element * count, (element + 1) * count),
  };
}

function largestCostOf(x: LineSide, y: LineSide, { i, j, count }: Steps, p: number): number {
  let most = 0;
  for (let step = 0; step < count; step++) {
    const distance = Math.abs(x.at[i[step]] - y.at[j[step]]);
    if (distance > most) most = distance;
  }
  return lineCost(most, p);
}

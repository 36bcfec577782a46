import { InvalidMeasureError, UnsupportedError } from '../../errors.js';
import type { HostGradients } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkEqualMasses, checkPair, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { chunked } from '../../tasks/chunked.js';
import { pause, report, type Task } from '../../tasks/task.js';
import type { PlanPairs } from '../line/planPairs.js';
import { weightedMean } from '../line/weightedMean.js';
import { type PairCosts, pairCosts } from '../newton/pairCosts.js';
import { type Certificate, certify } from './certificate.js';
import { exactGradients } from './exactGradients.js';
import type { ExactOptions } from './exactOptions.js';
import { networkSimplex } from './networkSimplex.js';
import { rowsAtOnce } from './rowsAtOnce.js';
import type { TransportTree } from './transportTree.js';

/** The most pairs of an element: their costs are kept, in 32 MB. Raising it takes memory, and time as its power 3/2 or so. Chosen. */
const MOST_EXACT_PAIRS = 4_000_000;

/** Exact transport between few points, solved. */
export interface ExactSolved {
  /** [B] */
  readonly values: Float64Array;
  /** One for each element of the batch. */
  readonly certificates: readonly Certificate[];
  /** The most mass of an element that rounding leaves over, or that masses of the two sides differ by, over the mass. */
  readonly massError: number;
  readonly largestCost: number;
  /** The largest gap over value. */
  readonly gap: number;
  /** Pivots of the simplex. */
  readonly iterations: number;
  plan(): PlanPairs;
  /** [B, N] and [B, M], of equal weighted means. */
  potentials(): { readonly f: Float64Array; readonly g: Float64Array };
  gradientsOf(sides: readonly Side[]): Task<HostGradients>;
}

/**
 * Exact transport: min over plans of sum_ij pi_ij C(x_i, y_j), by the network simplex.
 *
 * @throws InvalidMeasureError where masses differ or costs are no numbers; UnsupportedError above MOST_EXACT_PAIRS pairs an element.
 */
export function* solveExact(pair: MeasurePair, options: ExactOptions): Task<ExactSolved> {
  const { x, y } = pair;
  checkPair(pair);
  checkEqualMasses(pair, 'set normalize: true to compare shares');
  if (x.count * y.count > MOST_EXACT_PAIRS) {
    throw new UnsupportedError(
      `${x.count} x ${y.count} points have more than ${MOST_EXACT_PAIRS} pairs: take fewer, or sinkhornDivergence, whose blur makes many points quick`,
    );
  }
  const values = new Float64Array(x.batch);
  const [f, g] = [x, y].map(({ weights }) => new Float64Array(weights.length));
  const certificates: Certificate[] = [];
  const plans: ElementPlan[] = [];
  let [massError, largestCost, gap, iterations] = [0, 0, 0, 0];
  for (let element = 0; element < x.batch; element++) {
    yield* report({ stage: 'plan', ...(x.batched && { share: element / x.batch }) });
    const total = (x.masses[element] + y.masses[element]) / 2;
    const ofX = yield* elementOf(x, element, total / x.masses[element]);
    const ofY = yield* elementOf(y, element, total / y.masses[element]);
    const [rows, columns] = [ofX.masses.length, ofY.masses.length];
    const fromX = pairCosts(options, ofX.points, ofY.weighty, x.dimension, false);
    const costs = yield* costsOf(fromX, ofX.places);
    yield* chunked(costs.length, (from, to) => {
      for (let k = from; k < to; k++) {
        largestCost = Math.max(largestCost, Math.abs(costs[k]));
        if (Number.isFinite(costs[k])) continue;
        throw new InvalidMeasureError(
          `the cost between a point of ${x.name} and one of ${y.name} is ${costs[k]}: rescale the coordinates, or change the cost`,
        );
      }
    });
    const { tree, pivots } = yield* networkSimplex(ofX.masses, ofY.masses, costs);
    iterations += pivots;
    const lost = tree.settle(ofX.masses, ofY.masses);
    massError = Math.max(massError, (lost + Math.abs(x.masses[element] - y.masses[element])) / total);
    yield* pause();
    const { plan, primal } = yield* planOf(tree, ofX.places, ofY.places, costs);
    plans.push(plan);
    const potentials = tree.potentials();
    const [ofRows, ofColumns] = [potentials.subarray(0, rows), potentials.subarray(rows)];
    const shift = (weightedMean(ofColumns, ofY.masses) - weightedMean(ofRows, ofX.masses)) / 2;
    for (let row = 0; row < rows; row++) ofRows[row] += shift;
    for (let column = 0; column < columns; column++) ofColumns[column] -= shift;
    yield* pause();
    const certificate = certify(primal, ofX.masses, ofY.masses, ofRows, ofColumns, costs);
    certificates.push(certificate);
    // Where all costs are 0 so is the gap, and nothing to divide it by.
    if (certificate.gap !== 0)
      gap = Math.max(gap, certificate.gap / Math.max(Math.abs(primal), FLOOR * largestCost * total));
    values[element] = primal;
    const fromY = pairCosts(options, ofY.points, ofX.weighty, x.dimension, true);
    yield* extend(fromX, ofX, ofRows, ofColumns, f.subarray(element * x.count, (element + 1) * x.count));
    yield* extend(fromY, ofY, ofColumns, ofRows, g.subarray(element * y.count, (element + 1) * y.count));
  }
  const plan = yield* together(plans);
  return {
    values,
    certificates,
    massError,
    largestCost,
    gap: Math.max(0, gap),
    iterations,
    plan: () => plan,
    potentials: () => ({ f, g }),
    *gradientsOf(sides) {
      yield* report({ stage: 'gradients' });
      return yield* exactGradients(pair, options, plan, { f, g }, sides);
    },
  };
}

/** Below this part of the largest cost a value is 0 for what errors are relative to. Raising it makes relative gaps of small values smaller. Chosen. */
const FLOOR = 1e-10;

interface Element {
  /** All points, [N, D]. */
  readonly points: Float32Array | Float64Array;
  /** Those that have weight: which they are, where, and how much. */
  readonly places: Uint32Array;
  readonly weighty: Float64Array;
  readonly masses: Float64Array;
}

function* elementOf(
  { points, weights, count, dimension }: CheckedMeasure,
  element: number,
  factor: number,
): Task<Element> {
  const [first, at] = [
    element * count,
    points.subarray(element * count * dimension, (element + 1) * count * dimension),
  ];
  let weightyCount = 0;
  for (let place = 0; place < count; place++) if (weights[first + place] > 0) weightyCount++;
  const [places, masses] = [new Uint32Array(weightyCount), new Float64Array(weightyCount)];
  const weighty = new Float64Array(weightyCount * dimension);
  let k = 0;
  yield* chunked(count, (from, to) => {
    for (let place = from; place < to; place++) {
      if (!(weights[first + place] > 0)) continue;
      for (let c = 0; c < dimension; c++) weighty[k * dimension + c] = at[place * dimension + c];
      masses[k] = weights[first + place] * factor;
      places[k++] = place;
    }
  });
  return { points: at, places, weighty, masses };
}

type ElementPlan = Omit<PlanPairs, 'starts'>;

/** The pairs of the tree that exchange mass, and what they cost together. */
function* planOf(
  { parents, flows }: TransportTree,
  ofX: Uint32Array,
  ofY: Uint32Array,
  costs: Float64Array,
): Task<{ readonly plan: ElementPlan; readonly primal: number }> {
  const [rows, columns] = [ofX.length, ofY.length];
  const [i, j, mass] = [new Uint32Array(flows.length), new Uint32Array(flows.length), new Float64Array(flows.length)];
  let [size, primal] = [0, 0];
  yield* chunked(flows.length, (from, to) => {
    for (let node = from; node < to; node++) {
      const parent = parents[node];
      if (parent < 0 || flows[node] === 0) continue;
      const [row, column] = node < rows ? [node, parent - rows] : [parent, node - rows];
      primal += flows[node] * costs[row * columns + column];
      i[size] = ofX[row];
      j[size] = ofY[column];
      mass[size++] = flows[node];
    }
  });
  return { plan: { i: i.subarray(0, size), j: j.subarray(0, size), mass: mass.subarray(0, size) }, primal };
}

/** The plans of the elements, after each other. */
function* together(plans: readonly ElementPlan[]): Task<PlanPairs> {
  const starts = new Uint32Array(plans.length + 1);
  plans.forEach((plan, element) => {
    starts[element + 1] = starts[element] + plan.i.length;
  });
  const size = starts[plans.length];
  const whole = { i: new Uint32Array(size), j: new Uint32Array(size), mass: new Float64Array(size), starts };
  for (const [element, { i, j, mass }] of plans.entries()) {
    yield* pause();
    whole.i.set(i, starts[element]);
    whole.j.set(j, starts[element]);
    whole.mass.set(mass, starts[element]);
  }
  return whole;
}

function* costsOf(costs: PairCosts, places: Uint32Array): Task<Float64Array> {
  const { columns } = costs;
  const matrix = new Float64Array(places.length * columns);
  const work = (from: number, to: number): void => {
    for (let row = from; row < to; row++) costs.row(places[row], matrix.subarray(row * columns, (row + 1) * columns));
  };
  yield* chunked(places.length, work, rowsAtOnce(columns));
  return matrix;
}

/** Potentials of all points: where there is no weight the least of cost minus potential. */
function* extend(
  costs: PairCosts,
  { places, points }: Element,
  own: Float64Array,
  across: Float64Array,
  into: Float64Array,
): Task<void> {
  for (let k = 0; k < places.length; k++) into[places[k]] = own[k];
  if (places.length * costs.dimension === points.length) return;
  const hasWeight = new Uint8Array(into.length);
  for (const place of places) hasWeight[place] = 1;
  const row = new Float64Array(across.length);
  const work = (from: number, to: number): void => {
    for (let place = from; place < to; place++) {
      if (hasWeight[place]) continue;
      costs.row(place, row);
      into[place] = Number.POSITIVE_INFINITY;
      for (let k = 0; k < row.length; k++) into[place] = Math.min(into[place], row[k] - across[k]);
    }
  };
  yield* chunked(into.length, work, rowsAtOnce(row.length));
}

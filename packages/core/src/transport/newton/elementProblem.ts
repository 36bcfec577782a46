import type { MeasurePair } from '../../measure/pair.js';
import { bySide, other, type Side } from '../../measure/side.js';
import type { SinkhornOptions } from '../options.js';
import { costScaleOf, elementOf, type HostElement, picked } from './hostElement.js';
import type { HostProblem } from './hostProblem.js';
import { COMPLETE_PAIRS } from './listSizes.js';
import { type HostPoints, kept, type PairCosts, pairCosts } from './pairCosts.js';

/** What a solve on the host goes by, the same for all elements of a batch. */
export interface NewtonContext {
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly rho: Readonly<Record<Side, number>>;
  readonly isBalanced: boolean;
  /** The side whose potential is eliminated, chosen by content: (x, y) and (y, x) take the same steps. */
  readonly first: Side;
  readonly isSame: boolean;
  /** The diagonal of the bounding box. */
  readonly longest: number;
  readonly target: number;
  readonly maxIterations: number;
}

/** One element of a batch: its measures on both sides, and the cost between the points that have mass. */
export interface ElementProblem {
  readonly element: number;
  readonly epsilon: number;
  /** Of the cost |x - y|^p / p; undefined for another one. */
  readonly power: 1 | 2 | undefined;
  readonly sides: Readonly<Record<Side, HostElement>>;
  /** The cross problem: rows are the first side's. */
  readonly problem: HostProblem;
  /** Costs of some points against others, rows of a side. */
  costsBetween(rows: HostPoints, columns: HostPoints, rowSide: Side): PairCosts;
  /** The same costs, computed once where there are many. */
  keptCosts(costs: PairCosts): PairCosts;
}

export function elementProblem(
  { pair, options, rho, isBalanced, first }: NewtonContext,
  element: number,
): ElementProblem {
  const { cost, homogeneous, p } = options;
  const power = homogeneous ? (p as 1 | 2) : undefined;
  const sides = bySide((side) => elementOf(pair[side], element, rho[side], isBalanced));
  const { dimension } = pair.x;
  const costsBetween = (rows: HostPoints, columns: HostPoints, rowSide: Side) =>
    pairCosts({ cost, power }, rows, columns, dimension, rowSide === 'y');
  // Fewer pairs are all stored with their costs as they are.
  const keptCosts = (costs: PairCosts) => (costs.rows * costs.columns > COMPLETE_PAIRS ? kept(costs) : costs);
  const second = other(first);
  const costs = keptCosts(costsBetween(sides[first].supportPoints, sides[second].supportPoints, first));
  const costScale = costScaleOf(costs, homogeneous ? [pair.x, pair.y] : undefined, p);
  const problem: HostProblem = { costs, x: sides[first].side, y: sides[second].side, costScale };
  return { element, epsilon: options.blur ** p, power, sides, problem, costsBetween, keptCosts };
}

/** A potential at the points with mass, out of one of an earlier result. */
export function fromResult(
  { pair, isBalanced }: NewtonContext,
  { element, epsilon, sides }: ElementProblem,
  values: Float64Array,
  side: Side,
): Float64Array {
  const { count, masses } = pair[side];
  const shift = isBalanced ? (epsilon / 2) * Math.log(masses[element]) : 0;
  return picked(values.subarray(element * count, (element + 1) * count), sides[side].support, 1).map((f) => f + shift);
}

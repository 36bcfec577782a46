import { diameter } from '../../measure/frame.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { type HostSide, hostSide } from './hostProblem.js';
import type { HostPoints, PairCosts } from './pairCosts.js';

/** One element of a batch on one side: all points and weights, and those that have mass. */
export interface HostElement {
  readonly points: HostPoints;
  readonly weights: Float64Array;
  /** Indices of the points that have mass. */
  readonly support: Uint32Array;
  readonly side: HostSide;
  readonly supportPoints: HostPoints;
}

/** Picks the entries of some items, `size` each. */
export function picked<A extends HostPoints>(values: A, items: Uint32Array, size: number): A {
  const result = values.slice(0, items.length * size) as A;
  for (const [k, item] of items.entries()) {
    for (let c = 0; c < size; c++) result[k * size + c] = values[item * size + c];
  }
  return result;
}

/** An element of a measure, in shares of its mass if that is wanted. */
export function elementOf(measure: CheckedMeasure, element: number, rho: number, inShares: boolean): HostElement {
  const { count, dimension } = measure;
  const points = measure.points.subarray(element * count * dimension, (element + 1) * count * dimension);
  const mass = inShares ? measure.masses[element] : 1;
  const weights = measure.weights.subarray(element * count, (element + 1) * count).map((weight) => weight / mass);
  const support = Uint32Array.from(weights.keys()).filter((i) => weights[i] > 0);
  return {
    points,
    weights,
    support,
    side: hostSide(picked(weights, support, 1), inShares ? 1 : measure.masses[element], rho),
    supportPoints: picked(points, support, dimension),
  };
}

/** A bound on costs: diameter^p / p for |x - y|^p / p; without clouds the largest of all costs, which are looked at then. */
export function costScaleOf(
  { rows, columns, row }: PairCosts,
  clouds: readonly CheckedMeasure[] | undefined,
  p: number,
): number {
  if (clouds) return diameter(clouds) ** p / p;
  const costs = new Float64Array(columns);
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    row(i, costs);
    for (const cost of costs) largest = Math.max(largest, Math.abs(cost));
  }
  return largest;
}

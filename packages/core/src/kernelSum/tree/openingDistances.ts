import { NODES_BETWEEN_PAUSES } from '../../spatial/tree.js';
import { pause, type Task } from '../../tasks/task.js';
import type { KernelDecay } from '../kernelDecay.js';
import type { NodeColumns } from './nodeColumns.js';

/**
 * What fourth moments are off by, against the mass times the fourth power of the radius: in an even density about that. Raising it opens
 * more nodes. Trials correct it: it is only where they begin.
 */
const FOURTH_MOMENTS = 0.1;

/**
 * The squared distances from which on a node's few points may be off in a row's gradient by `tolerance` at most: twice its
 * mass times the steepest slope of the kernel, or what moments above the second change (Taylor), whichever is less.
 *
 * Every node that is not opened may then be off as much as any other, which is what the least work for an accuracy asks for.
 */
export function* openingDistances(
  { tree, isRepresented, thirdMoments }: NodeColumns,
  { slope, fourth, scale }: KernelDecay,
  blur: number,
  tolerance: number,
): Task<Float64Array> {
  const openingDistanceOf = (mass: number, node: number): number => {
    if (isRepresented[node] === 0) return 0;
    const third = thirdMoments[node] / blur ** 3 / 6;
    const next = (FOURTH_MOMENTS * mass * (tree.radii[node] / blur) ** 4) / 24;
    const off = (s: number) => Math.min(2 * mass * slope(s), (third + next / scale(s)) * fourth(s));
    return (blur * firstBelow(off, tolerance)) ** 2;
  };
  const found = new Float64Array(tree.count);
  for (let node = 0; node < tree.count; node++) {
    if (node % NODES_BETWEEN_PAUSES === 0) yield* pause();
    found[node] = openingDistanceOf(tree.masses[node], node);
  }
  return found;
}

/** Halvings of an interval of distances: to a thousandth of it. Raising it saves less than a thousandth of the pairs. */
const HALVINGS = 10;

/** About the least distance at which a function that never increases is `limit` at most, rather too large. */
export function firstBelow(decreasing: (distance: number) => number, limit: number): number {
  if (decreasing(0) <= limit) return 0;
  let high = 1;
  while (decreasing(high) > limit) high *= 2;
  let low = 0;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (decreasing(middle) <= limit) high = middle;
    else low = middle;
  }
  return high;
}

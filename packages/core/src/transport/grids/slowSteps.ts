import type { SlowSteps } from '../slowSteps.js';
import { type GridWeights, halvedSums } from './coarser.js';

/** How fast a sweep levels differences out, and what holds potentials besides. */
export interface Levelling {
  /** The variance of where a node's mass comes from and goes to, along an axis. */
  readonly variance: number;
  /** The share of what potentials have in common that a sweep leaves: 1 where marginals are held. */
  readonly kept: number;
}

/**
 * What potentials lack that a sweep changed by `steps`, [B, N], if each part of the change goes on at the rate that is usual for its distance: a sweep
 * spreads a potential as the plan spreads mass there and back, and leaves exp(-variance k^2) of a wave with the number k.
 *
 * Means over cells of twice the size again and again split a change into parts, each of which varies over the size of a cell.
 */
export function slowSteps(
  { axes, weights }: GridWeights,
  steps: Float64Array,
  { variance, kept }: Levelling,
): SlowSteps {
  const { batch } = weights;
  const ones = new Float64Array(steps.length).fill(1);
  const alike = partsOf(steps, ones, axes, batch);
  const byMass = partsOf(steps, weights.weights, axes, batch);
  const squares = new Float64Array(batch);
  let [potentials, furthest] = [0, 1];
  for (const [level, { longest }] of alike.entries()) {
    const left = kept * Math.exp(-variance * (Math.PI / longest) ** 2);
    const further = 1 / (1 - Math.min(left, LARGEST_RATE));
    furthest = Math.max(furthest, further);
    potentials += further * Math.sqrt(alike[level].sizes.reduce((sum, size) => sum + size, 0));
    for (const [element, size] of byMass[level].sizes.entries()) squares[element] += further * size;
  }
  return { potentials, squares, furthest };
}

/** A rate of sweeps beyond which what they still change is not known. Chosen, not measured. */
const LARGEST_RATE = 1 - 1e-7;

/** The part of numbers that varies over some distance. */
interface Part {
  /** The side of the cells whose means it varies around, the longest one. */
  readonly longest: number;
  /** [B]: the sum of its squares times the shares. */
  readonly sizes: Float64Array;
}

/** Parts of numbers, [B, N], from the shortest distance to the longest; what all have in common is left out. */
function partsOf(values: Float64Array, given: Float64Array, axes: GridWeights['axes'], batch: number): Part[] {
  const spacings = axes.map((axis) => (axis.length > 1 ? axis[1] - axis[0] : 0));
  let lengths = axes.map(({ length }) => length);
  let shares: Float64Array = given;
  let sums: Float64Array = values.map((value, k) => value * given[k]);
  let size = sizesOf(sums, shares, batch);
  const parts: Part[] = [];
  for (let factor = 2; lengths.some((length) => length > 1); factor *= 2) {
    shares = halvedSums(shares, lengths);
    sums = halvedSums(sums, lengths);
    lengths = lengths.map((length) => Math.ceil(length / 2));
    const next = sizesOf(sums, shares, batch);
    const longest = Math.max(...spacings.map((spacing, axis) => Math.min(factor, axes[axis].length) * spacing));
    parts.push({ longest, sizes: size.map((square, element) => Math.max(0, square - next[element])) });
    size = next;
  }
  return parts;
}

/** The sum of the squares of means, each as often as there are shares in it, for every element. */
function sizesOf(sums: Float64Array, shares: Float64Array, batch: number): Float64Array {
  const count = sums.length / batch;
  const sizes = new Float64Array(batch);
  for (let k = 0; k < sums.length; k++) {
    if (shares[k] > 0) sizes[Math.floor(k / count)] += sums[k] ** 2 / shares[k];
  }
  return sizes;
}

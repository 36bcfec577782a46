import { constant, row } from '../formula/expression.js';
import { mapOnHost } from '../formula/mapOnHost.js';
import type { MarginalPenalty } from '../marginal/penalty.js';
import type { WeightsPair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';

/** The step of differences, a share of the scale that potentials are right on: their error is its square, their rounding over it. */
const STEP = 1e-4;

/**
 * How many times larger than what an update changes is what potentials lack along (f + t, g - t). An update leaves
 * 1 / ((1 + eps k_x) (1 + eps k_y)) of that, where k is -h'' / h' where that is least, h(f) = -phi*(-f): 1 / rho for Kullback
 * and Leibler's divergence. 1 where penalties are straight lines between their kinks, as where marginals are held: then nothing slow holds it.
 */
export function slownessAlong(
  penalty: Readonly<Record<Side, MarginalPenalty>>,
  pair: WeightsPair,
  potentials: Readonly<Record<Side, Float64Array>>,
  epsilon: number,
): number {
  const stiffness = bySide((side) => leastStiffness(penalty[side], pair[side], potentials[side], epsilon));
  const held = 1 - 1 / ((1 + epsilon * stiffness.x) * (1 + epsilon * stiffness.y));
  return held > 0 ? 1 / held : 1;
}

/**
 * The least of -h'' / h' of all points whose mass is taken, as parts may hardly exchange any; where some have none, as between kinks, its mean over
 * the mass. The least of a batch.
 */
function leastStiffness(
  { balanced, scale, dualDifference, parameters }: MarginalPenalty,
  { weights, batch, count }: WeightsPair[Side],
  potential: Float64Array,
  epsilon: number,
): number {
  if (balanced || scale === Number.POSITIVE_INFINITY) return 0;
  const step = STEP * Math.min(scale, epsilon);
  const difference = dualDifference(row('low'), row('high'), constant(0));
  const between = (low: number, high: number) =>
    mapOnHost(
      difference,
      { low: potential.map((f) => f + low), high: potential.map((f) => f + high) },
      { ...parameters, epsilon },
    );
  const [below, above] = [between(-step, 0), between(0, step)];
  let least = Number.POSITIVE_INFINITY;
  for (let element = 0; element < batch; element++) {
    let [slope, bend, softest] = [0, 0, Number.POSITIVE_INFINITY];
    for (let i = element * count; i < (element + 1) * count; i++) {
      const [ahead, behind] = [above[i] / step, below[i] / step];
      if (!(weights[i] > 0) || !Number.isFinite(ahead + behind)) continue;
      const [own, ownBend] = [(ahead + behind) / 2, Math.max(0, behind - ahead) / step];
      slope += weights[i] * own;
      bend += weights[i] * ownBend;
      if (own > 0) softest = Math.min(softest, ownBend / own);
    }
    if (slope > 0) least = Math.min(least, softest > 0 ? softest : bend / slope);
  }
  return Number.isFinite(least) ? least : 0;
}

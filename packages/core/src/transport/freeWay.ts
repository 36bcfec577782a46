import { constant, row } from '../formula/expression.js';
import { mapOnHost } from '../formula/mapOnHost.js';
import type { MarginalPenalty } from '../marginal/penalty.js';
import type { WeightsPair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';

/** Halvings of a way: to the last digits of float64. */
const HALVINGS = 50;

/**
 * How far potentials may go along (f + t, g - t), at most, for no more than `loss` of the dual: plans are all the same there, and each of these
 * potentials has another gradient in the weights. Where shares or their prices have ends, as in ranges and in total variation, it may be far:
 * all points at the low end of both ranges pay nothing for it. The longest way of a batch, and `longest` at most.
 */
export function freeWay(
  penalty: Readonly<Record<Side, MarginalPenalty>>,
  pair: WeightsPair,
  potentials: Readonly<Record<Side, Float64Array>>,
  longest: number,
  loss: number,
): number {
  const difference = (side: Side, t: number): Float64Array => {
    const { dualDifference, parameters } = penalty[side];
    const low = potentials[side];
    return mapOnHost(
      dualDifference(row('low'), row('high'), constant(0)),
      { low, high: low.map((f) => f + t) },
      { ...parameters, epsilon: 1 },
    );
  };
  /** Whether it is free for some element of the batch. */
  const isFree = (t: number): boolean => {
    const changes = new Float64Array(pair.x.batch);
    for (const [side, way] of [
      ['x', t],
      ['y', -t],
    ] as const) {
      const { weights, count } = pair[side];
      const { scale } = penalty[side];
      difference(side, way).forEach((change, i) => {
        if (!(weights[i] > 0)) return;
        // Beyond its strength a penalty takes nothing more.
        const isBeyond = Math.abs(potentials[side][i] + way) > scale * (1 + Number.EPSILON);
        changes[Math.floor(i / count)] += isBeyond ? Number.NEGATIVE_INFINITY : weights[i] * change;
      });
    }
    return changes.some((change) => change >= -loss);
  };
  const ways = [1, -1].map((sign) => {
    if (isFree(sign * longest)) return longest;
    let [low, high] = [0, longest];
    for (let k = 0; k < HALVINGS; k++) {
      const middle = (low + high) / 2;
      if (isFree(sign * middle)) low = middle;
      else high = middle;
    }
    return low;
  });
  return Math.max(...ways);
}

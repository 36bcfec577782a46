import { type Expression, min, mul, parameter, rsqrt, square } from '../formula/expression.js';
import { diameter, type Frame, toFrame } from '../measure/frame.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import type { Iterates } from './iterate.js';
import { LAST_DIGIT } from './rounding.js';
import { type OfPoints, type SlopeRoundings, slopeRoundings } from './slopeRoundings.js';

/** How far a direction can be from another. */
const OPPOSITE = 2;

/**
 * What coordinates in float32 leave unknown of the gradients of |x - y|: the direction from a point to a near one is as uncertain as a
 * coordinate's last digit is large against their distance, and points that fall together have none left.
 *
 * @param pair - The points as they were given.
 * @param frame - That of the problem's points.
 */
export function* roundedDirections(
  problem: OfPoints,
  pair: MeasurePair,
  frame: Frame,
  epsilon: number,
  iterates: Iterates,
  wrt: readonly Side[],
  price?: number,
): Task<SlopeRoundings> {
  const fallen = fallenTogether(pair, frame);
  const resolution = (LAST_DIGIT.float32 * diameter([pair.x, pair.y])) / frame.scale;
  // Of points in one place there is none, but for those that only fell together.
  const uncertain = (cost: Expression) => min(OPPOSITE, mul(parameter('resolution'), rsqrt(square(cost))));
  return yield* slopeRoundings(
    problem,
    pair,
    epsilon,
    iterates,
    wrt,
    ({ formulas }) => ({ value: uncertain(formulas.cost), parameters: { resolution } }),
    (side, index) => fallen[side][index] * OPPOSITE,
    price,
  );
}

/** 1 for points that float32 does not tell from some other point, though they are apart, and 0 for others. */
function fallenTogether(pair: MeasurePair, frame: Frame): Record<Side, Uint8Array> {
  const found = bySide((side) => new Uint8Array(pair[side].weights.length));
  const { dimension, batch } = pair.x;
  const there = new Map<string, Place[]>();
  for (const side of ['x', 'y'] as const) {
    const rounded = Float32Array.from(toFrame(pair[side], frame));
    const { points, count } = pair[side];
    for (let index = 0; index < batch * count; index++) {
      const [from, to] = [index * dimension, (index + 1) * dimension];
      const name = `${Math.floor(index / count)}:${rounded.subarray(from, to)}`;
      const place = { side, index, point: points.subarray(from, to) };
      const others = there.get(name);
      if (others) others.push(place);
      else there.set(name, [place]);
    }
  }
  for (const places of there.values()) {
    if (places.every(({ point }) => point.every((value, axis) => value === places[0].point[axis]))) continue;
    for (const { side, index } of places) found[side][index] = 1;
  }
  return found;
}

interface Place {
  readonly side: Side;
  readonly index: number;
  readonly point: Float32Array | Float64Array;
}

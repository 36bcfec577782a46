import type { DeviceArray } from '../backend/backend.js';
import { exp, min, mul, neg, parameter, reduced, reducedLogSumExp, row, rsqrt, square } from '../formula/expression.js';
import { norm } from '../linear/norm.js';
import { diameter, type Frame, toFrame } from '../measure/frame.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, other, type Side } from '../measure/side.js';
import { readAll, type Task } from '../tasks/task.js';
import type { Iterates } from './iterate.js';
import { geometryAt, type PairwiseProblem, selfProblem } from './problem.js';
import { LAST_DIGIT } from './rounding.js';
import { columnsOf, logMassAt } from './softmin.js';

/** The norms of what gradients in the points may be off by, by side, where that is known. */
export type SlopeRoundings = { readonly [S in Side]?: number };

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
  problem: PairwiseProblem,
  pair: MeasurePair,
  frame: Frame,
  epsilon: number,
  { cross, self }: Iterates,
  wrt: readonly Side[],
): Task<SlopeRoundings> {
  const { space } = problem;
  const fallen = fallenTogether(pair, frame);
  const resolution = (LAST_DIGIT.float32 * diameter([pair.x, pair.y])) / frame.scale;
  const found: { [S in Side]?: number } = {};
  for (const side of wrt) {
    const own = self[side];
    const passes = [roundingsOf(problem, side, cross[other(side)], epsilon, resolution)];
    if (own) passes.push(roundingsOf(selfProblem(problem, side), 'x', own, epsilon, resolution));
    const all = yield* readAll(space.backend, passes);
    space.release(...passes);
    const { weights } = pair[side];
    found[side] = norm(
      weights.map((weight, i) => all.reduce((sum, each) => sum + each[i], fallen[side][i] * OPPOSITE * weight)),
    );
  }
  return found;
}

/** For the points of a side, [N, 1], the mean of what directions may be off by under the plan, times the mass that it takes. */
function roundingsOf(
  problem: PairwiseProblem,
  side: Side,
  potential: DeviceArray,
  epsilon: number,
  resolution: number,
): DeviceArray {
  const geometry = geometryAt(problem, side);
  const penalty = problem.penalty[side];
  const softened = neg(mul(parameter('epsilon'), reducedLogSumExp()));
  const [result] = geometry.pass(columnsOf(problem, side, potential), epsilon, {
    kind: 'softmaxMean',
    // Of points in one place there is none, but for those that only fell together.
    value: min(OPPOSITE, mul(parameter('resolution'), rsqrt(square(geometry.formulas.cost)))),
    finish: mul(mul(row('weight'), exp(logMassAt(penalty, softened, parameter('epsilon')))), reduced()),
    rows: { weight: problem[side].weights },
    parameters: { ...penalty.parameters, epsilon, resolution },
  });
  return result;
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

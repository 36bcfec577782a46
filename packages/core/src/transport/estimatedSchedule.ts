import type { Workspace } from '../backend/workspace.js';
import { add, column, exp, log, max, min, mul, neg, parameter, row, sqrt, square, sum } from '../formula/expression.js';
import { deviceTemperature } from '../geometry/pairwise/deviceTemperature.js';
import type { Temperature } from '../geometry/temperature.js';
import type { DeviceMeasure } from '../measure/deviceMeasure.js';

/**
 * Blurs that the annealing begins at, at most, without steps that are larger than the scaling says. Raising it adds sweeps for clouds
 * that need none. Chosen, not measured.
 */
const LONGEST = 256;
/** Keeps the logarithm of a diameter of 0 finite: normal in float32, and far below any length of a unit box. */
const SHORTEST = 1e-30;

/**
 * The temperatures of the annealing where nobody has told the diameter and nothing may be read: from an estimate on the
 * device down to the blur, which is the unit of length. As their number must be known, it is what a diameter of 256 blurs
 * takes at this scaling: smaller clouds stay at the blur for the rest, larger ones take larger steps.
 *
 * The estimate is twice the largest distance from the origin, for clouds around it: the diameter, or up to twice as much.
 */
export function estimatedSchedule(
  space: Workspace,
  clouds: readonly DeviceMeasure[],
  { scaling, p }: { readonly scaling: number; readonly p: number },
): Temperature[] {
  const [x, y] = clouds.map(({ points, dimension }) => {
    const [least, index] = space.reduce({
      kind: 'min',
      score: neg(sum(square(column('point', dimension)))),
      rows: {},
      columns: { point: points },
      parameters: {},
    });
    space.release(index);
    return least;
  });
  const steps = Math.ceil(Math.log(LONGEST) / -Math.log(scaling));
  const diameter = mul(2, sqrt(max(neg(row('x')), neg(row('y')))));
  const logDiameter = space.map(log(max(diameter, SHORTEST)), { x, y });
  const step = min(parameter('logScaling'), mul(parameter('share'), row('logDiameter')));
  const logLength = add(row('logDiameter'), mul(parameter('index'), step));
  const inverses = Array.from({ length: steps }, (_, index) =>
    deviceTemperature(
      space.map(
        min(1, exp(mul(parameter('power'), logLength))),
        { logDiameter },
        { logScaling: Math.log(scaling), share: -1 / steps, index, power: -p },
      ),
    ),
  );
  return [inverses[0], ...inverses, 1];
}

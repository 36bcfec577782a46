import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import {
  add,
  column,
  div,
  exp,
  log,
  max,
  min,
  mul,
  neg,
  parameter,
  reduced,
  row,
  sqrt,
  square,
  sub,
  sum,
} from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import type { DeviceMeasure } from '../measure/deviceMeasure.js';
import { other, type Side } from '../measure/side.js';
import type { DeviceProblem } from './problem.js';
import { pairFormulas } from './score.js';
import { type Relaxation, softmin } from './softmin.js';

/** A temperature that the host knows, or the inverse of one that the device alone does: one entry an element of the batch. */
export type Temperature = number | { readonly inverse: DeviceArray };

/** How many blurs the annealing begins at, at most, without steps that are larger than the scaling says. */
const LONGEST = 256;
/** Keeps the logarithm of a diameter of 0 finite. */
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
  const inverses = Array.from({ length: steps }, (_, index) => ({
    inverse: space.map(
      min(1, exp(mul(parameter('power'), logLength))),
      { logDiameter },
      { logScaling: Math.log(scaling), share: -1 / steps, index, power: -p },
    ),
  }));
  return [inverses[0], ...inverses, 1];
}

/** The damped softmin at any temperature, or an update of a previous potential towards it: as `softmin`. */
export function softminAt(
  problem: DeviceProblem,
  side: Side,
  potential: DeviceArray,
  temperature: Temperature,
  relaxation?: Relaxation,
): DeviceArray {
  if (typeof temperature === 'number') return softmin(problem, side, potential, temperature, relaxation);
  const { space } = problem;
  const { inverse } = temperature;
  const { points, weights } = problem[side];
  const against = problem[other(side)];
  const { cost } = pairFormulas(problem.cost, side, problem.x.dimension);
  // One number for every row, as rows know no scalars.
  const inverses = space.map(add(column('inverse'), mul(0, row('weight'))), { weight: weights }, {}, { inverse });
  const scaled = space.map(mul(column('inverse'), row('potential')), { potential }, {}, { inverse });
  const score = sub(add(column('logWeight'), column('scaled')), mul(row('inverse'), cost));
  // eps damp(rho) = 1 / (1/eps + 1/rho)
  const moved = neg(div(reduced(), add(row('inverse'), parameter('inverseRho'))));
  const factor = parameter('factor');
  const [result] = space.reduce({
    kind: 'logSumExp',
    score: simplify(score),
    finish: relaxation ? add(mul(sub(1, factor), row('previous')), mul(factor, moved)) : moved,
    rows: { point: points, inverse: inverses, ...(relaxation && { previous: relaxation.previous }) },
    columns: { point: against.points, logWeight: against.logWeights, scaled },
    parameters: { inverseRho: 1 / problem.rho[side], factor: relaxation?.factor ?? 1 },
    blocks: problem.blocks?.[side],
  });
  space.release(inverses, scaled);
  return result;
}

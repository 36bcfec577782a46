import { add, column, mul, neg, parameter, row, sub } from '../formula/expression.js';
import { bySide, type Side } from '../measure/side.js';
import type { Potentials } from './potentials.js';
import type { TransportProblem } from './problem.js';

/**
 * The best of all potentials (f + t, g - t): unbalanced iterations creep along this line at a rate of
 * (1 + eps/rho)^-2, and the dual is maximal on it where t = (log <a, exp(-f/rho_x)> - log <b, exp(-g/rho_y)>) /
 * (1/rho_x + 1/rho_y) (Séjourné, Vialard, Peyré 2022, "Faster unbalanced optimal transport").
 *
 * Takes over the potentials it is given. Balanced problems do not change along the line, and come back as they are; so do those of
 * penalties for which the best t has no such formula.
 */
export function translate(problem: TransportProblem, potentials: Potentials): Potentials {
  const { space, penalty } = problem;
  const rates = bySide((side) => penalty[side].rate ?? Number.NaN);
  const stiffness = rates.x + rates.y;
  if (!(stiffness > 0)) return potentials;
  const scalars = bySide((side) =>
    space.logTotal(
      LOG_MASS,
      { logWeight: problem[side].logWeights, potential: potentials[side] },
      { rate: rates[side] },
    ),
  );
  const moved = bySide((side) =>
    space.map(MOVED[side], { potential: potentials[side] }, { softness: 1 / stiffness }, scalars),
  );
  space.release(potentials.x, potentials.y, scalars.x, scalars.y);
  return moved;
}

const SHIFT = mul(parameter('softness'), sub(column('x'), column('y')));
const MOVED = { x: add(row('potential'), SHIFT), y: sub(row('potential'), SHIFT) };

/**
 * What a sweep changed, for a balanced problem without what it has along (f + t, g - t). Where masses agree that is nothing; where they
 * differ by rounding there is no fixed point along this line, and an extrapolation towards one would go on for ever. The
 * potentials of an unbalanced problem have no such freedom.
 */
export function acrossTranslations(problem: TransportProblem, after: Potentials, before: Potentials): Potentials {
  const { space, penalty } = problem;
  const stepOf = (side: Side) => ({ after: after[side], before: before[side] });
  if (!penalty.x.balanced || !penalty.y.balanced) return bySide((side) => space.map(CHANGE, stepOf(side)));
  const means = bySide((side) => space.total(MEAN_CHANGE, { share: problem[side].normalizedWeights, ...stepOf(side) }));
  const across = bySide((side) => space.map(CHANGE_ACROSS[side], stepOf(side), {}, means));
  space.release(means.x, means.y);
  return across;
}

const CHANGE = sub(row('after'), row('before'));
const MEAN_CHANGE = mul(column('share'), sub(column('after'), column('before')));
const ALONG = mul(0.5, sub(column('x'), column('y')));
const CHANGE_ACROSS = { x: sub(CHANGE, ALONG), y: add(CHANGE, ALONG) };

/** Its totals are log <a, exp(-f / rho)>, a number for each element of the batch. */
const LOG_MASS = add(column('logWeight'), neg(mul(parameter('rate'), column('potential'))));

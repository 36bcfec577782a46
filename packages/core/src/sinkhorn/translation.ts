import type { DeviceArray } from '../backend/backend.js';
import { add, column, type Expression, mul, parameter, row, sub } from '../formula/expression.js';
import type { Side } from '../measure/side.js';
import type { Potentials } from './converge.js';
import type { TransportProblem } from './problem.js';

/**
 * The best of all potentials (f + t, g - t): unbalanced iterations creep along this line at a rate of
 * (1 + eps/rho)^-2, and the dual is maximal on it where t = (log <a, exp(-f/rho_x)> - log <b, exp(-g/rho_y)>) /
 * (1/rho_x + 1/rho_y) (Séjourné, Vialard, Peyré 2022, "Faster unbalanced optimal transport").
 *
 * Takes over the potentials it is given. Balanced problems do not change along the line, and come back as they are.
 */
export function translate(problem: TransportProblem, potentials: Potentials): Potentials {
  const { space, penalty } = problem;
  const stiffness = penalty.x.rate + penalty.y.rate;
  if (stiffness === 0) return potentials;
  const scalars = { x: totalLogMass(problem, potentials, 'x'), y: totalLogMass(problem, potentials, 'y') };
  const shift = mul(parameter('softness'), sub(column('x'), column('y')));
  const move = (potential: DeviceArray, combine: (potential: Expression, shift: Expression) => Expression) =>
    space.map(combine(row('potential'), shift), { potential }, { softness: 1 / stiffness }, scalars);
  const moved = { x: move(potentials.x, add), y: move(potentials.y, sub) };
  space.release(potentials.x, potentials.y, scalars.x, scalars.y);
  return moved;
}

/**
 * A residual of a balanced problem without what it has along (f + t, g - t). Where masses agree that is nothing; where they
 * differ by rounding there is no fixed point along this line, and an extrapolation towards one would go on for ever.
 *
 * Takes over the residual it is given. That of an unbalanced problem, whose potentials have no such freedom, comes back as it is.
 */
export function acrossTranslations(problem: TransportProblem, residual: Potentials): Potentials {
  const { space, penalty } = problem;
  if (!penalty.x.balanced || !penalty.y.balanced) return residual;
  const mean = (side: Side): DeviceArray =>
    space.total(mul(column('share'), column('residual')), { share: problem[side].shares, residual: residual[side] });
  const means = { x: mean('x'), y: mean('y') };
  const part = mul(0.5, sub(column('x'), column('y')));
  const without = (side: Side, combine: (residual: Expression, part: Expression) => Expression) =>
    space.map(combine(row('residual'), part), { residual: residual[side] }, {}, means);
  const across = { x: without('x', sub), y: without('y', add) };
  space.release(residual.x, residual.y, means.x, means.y);
  return across;
}

/** log <a, exp(-f / rho)>, a number for each element of the batch. */
function totalLogMass(problem: TransportProblem, potentials: Potentials, side: Side): DeviceArray {
  const { logMass, parameters } = problem.penalty[side];
  const score = add(column('logWeight'), logMass(column('potential')));
  const columns = { logWeight: problem[side].logWeights, potential: potentials[side] };
  return problem.space.logTotal(score, columns, parameters);
}

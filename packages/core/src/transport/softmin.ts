import type { DeviceArray } from '../backend/backend.js';
import { add, div, type Expression, exp, mul, parameter, row, sub } from '../formula/expression.js';
import { remembered } from '../formula/remembered.js';
import type { Columns } from '../geometry/columns.js';
import type { Geometry } from '../geometry/geometry.js';
import type { Temperature } from '../geometry/temperature.js';
import type { Update } from '../geometry/update.js';
import type { MarginalPenalty } from '../marginal/penalty.js';
import { other, type Side } from '../measure/side.js';
import { geometryAt, type TransportProblem } from './problem.js';

/** The measure and the potential that softmins at the points of `side` are over. */
export const columnsOf = (problem: TransportProblem, side: Side, potential: DeviceArray): Columns => ({
  logWeights: problem[other(side)].logWeights,
  potential,
});

/** What an update makes of the softmin: previous + factor * (damped softmin - previous). */
export interface Relaxation {
  readonly previous: DeviceArray;
  readonly factor: number;
}

/**
 * The damped softmin at the points of `side`: -aprox(-T g), with T g (x_i) = -eps log sum_j b_j exp((g_j - C(x_i, y_j)) / eps)
 * (Feydy et al. 2019, section 3; Séjourné et al. 2019, definition 4), or an update of a previous potential towards it.
 */
export function softmin(
  problem: TransportProblem,
  side: Side,
  potential: DeviceArray,
  epsilon: Temperature,
  relaxation?: Relaxation,
): DeviceArray {
  const { prox, parameters } = problem.penalty[side];
  const update: Update = relaxation
    ? {
        formula: relaxed(prox),
        rows: { previous: relaxation.previous },
        parameters: { ...parameters, keep: 1 - relaxation.factor, factor: relaxation.factor },
      }
    : { formula: prox, parameters };
  return geometryAt(problem, side).softmin(columnsOf(problem, side, potential), epsilon, update);
}

const relaxed = remembered((prox: MarginalPenalty['prox']): Update['formula'] => {
  return (softened, temperature) =>
    add(mul(parameter('keep'), row('previous')), mul(parameter('factor'), prox(softened, temperature)));
});

/** The logarithm of the share of a point's mass that the plan takes, after the update that a softmin leads to. */
export function logMassAt({ prox, logMass }: MarginalPenalty, softened: Expression, epsilon: Expression): Expression {
  const potential = prox(softened, epsilon);
  return logMass?.(potential) ?? div(sub(potential, softened), epsilon);
}

/** A softmin together with the gradient of the transport cost with respect to the points of its side. */
export interface SoftminGradient {
  readonly potential: DeviceArray;
  /** [N, D]: sum_j pi_ij dC(x_i, y_j)/dx_i, with the row masses of the potential just computed. */
  readonly gradient: DeviceArray;
}

/**
 * The damped softmin and, in the same pass, the gradient of the transport cost: by the envelope theorem potentials count as
 * constants, and the plan takes from a point what its potential says.
 */
export function softminGradient(
  problem: TransportProblem,
  side: Side,
  potential: DeviceArray,
  epsilon: number,
): SoftminGradient {
  const { space } = problem;
  const { prox, parameters } = problem.penalty[side];
  // Whoever wants gradients in the points has seen that the geometry has them.
  const geometry = geometryAt(problem, side) as Required<Geometry>;
  const { mean, logSumExp } = geometry.costGradient(columnsOf(problem, side, potential), epsilon, {
    formula: (softened, temperature) =>
      mul(row('weight'), exp(logMassAt(problem.penalty[side], softened, temperature))),
    rows: { weight: problem[side].weights },
    parameters,
  });
  const temperature = parameter('epsilon');
  const damped = prox(mul(parameter('minusEpsilon'), row('logSumExp')), temperature);
  const result = space.map(damped, { logSumExp }, { ...parameters, epsilon, minusEpsilon: -epsilon });
  space.release(logSumExp);
  return { potential: result, gradient: mean };
}

import type { DeviceArray } from '../backend/backend.js';
import { derivative } from '../formula/derivative.js';
import { add, exp, mul, parameter, reduced, reducedLogSumExp, row } from '../formula/expression.js';
import { other, type Side } from '../measure/side.js';
import { type DeviceProblem, damping } from './problem.js';
import { pairFormulas } from './score.js';

function columnsOf(problem: DeviceProblem, side: Side, potential: DeviceArray) {
  const { points, logWeights } = problem[other(side)];
  return { point: points, logWeight: logWeights, potential };
}

/** What an update makes of the softmin: previous + relaxation * (damped softmin - previous). */
export interface Relaxation {
  readonly previous: DeviceArray;
  readonly factor: number;
}

/**
 * The damped softmin at the points of `side`: damp * T g (x_i), with T g (x_i) = -eps log sum_j b_j exp((g_j - C(x_i, y_j)) / eps)
 * (Feydy et al. 2019, section 3), or an update of a previous potential towards it.
 */
export function softmin(
  problem: DeviceProblem,
  side: Side,
  potential: DeviceArray,
  epsilon: number,
  relaxation?: Relaxation,
): DeviceArray {
  const { score } = pairFormulas(problem.cost, side, problem.x.dimension);
  const scaled = mul(parameter('scale'), reduced());
  const factor = relaxation?.factor ?? 1;
  const rows: Record<string, DeviceArray> = { point: problem[side].points };
  if (relaxation) rows.previous = relaxation.previous;
  return problem.space.reduce({
    kind: 'logSumExp',
    score,
    finish: relaxation ? add(mul(parameter('keep'), row('previous')), scaled) : scaled,
    rows,
    columns: columnsOf(problem, side, potential),
    parameters: {
      inverseEpsilon: 1 / epsilon,
      scale: -factor * epsilon * damping(epsilon, problem.rho[side]),
      keep: 1 - factor,
    },
    blocks: problem.blocks?.[side],
  })[0];
}

/** A softmin together with the gradient of the transport cost with respect to the points of its side. */
export interface SoftminGradient {
  readonly potential: DeviceArray;
  /** [N, D]: sum_j pi_ij dC(x_i, y_j)/dx_i, with the row masses of the potential just computed. */
  readonly gradient: DeviceArray;
}

/**
 * The softmin and, in the same pass, the gradient of the transport cost: by the envelope theorem potentials count as
 * constants, and row i of the plan has mass a_i exp(-f_i / rho).
 */
export function softminGradient(
  problem: DeviceProblem,
  side: Side,
  potential: DeviceArray,
  epsilon: number,
): SoftminGradient {
  const { cost, point, score } = pairFormulas(problem.cost, side, problem.x.dimension);
  const damp = damping(epsilon, problem.rho[side]);
  const { points, weights } = problem[side];
  const [gradient, logSumExp] = problem.space.reduce({
    kind: 'softmaxMean',
    score,
    value: derivative(cost, point),
    finish: mul(mul(row('weight'), exp(mul(parameter('spread'), reducedLogSumExp()))), reduced(point.size)),
    rows: { point: points, weight: weights },
    columns: columnsOf(problem, side, potential),
    parameters: { inverseEpsilon: 1 / epsilon, spread: (epsilon * damp) / problem.rho[side] },
    blocks: problem.blocks?.[side],
  });
  const result = problem.space.map(
    mul(parameter('scale'), row('logSumExp')),
    { logSumExp },
    { scale: -epsilon * damp },
  );
  problem.space.release(logSumExp);
  return { potential: result, gradient };
}

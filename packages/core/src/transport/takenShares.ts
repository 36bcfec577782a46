import type { DeviceArray } from '../backend/backend.js';
import { remembered } from '../formula/remembered.js';
import type { Update } from '../geometry/update.js';
import type { MarginalPenalty } from '../marginal/penalty.js';
import { other, type Side } from '../measure/side.js';
import { readAll, type Task } from '../tasks/task.js';
import type { Iterates } from './iterate.js';
import { geometryAt, selfProblem, type TransportProblem } from './problem.js';
import { columnsOf, logMassAt } from './softmin.js';

/** The shares of each point's mass that plans take, [B, N]: that of the cross problem, and that of the measure with itself. */
export interface TakenShares {
  readonly cross: Float64Array;
  readonly self?: Float64Array;
}

/**
 * The shares that plans take after a full update from the iterates, for the sides whose potentials alone do not tell: one more pass over
 * the pairs for each of their potentials.
 */
export function* takenShares(
  problem: TransportProblem,
  { cross, self }: Iterates,
  epsilon: number,
): Task<{ readonly [S in Side]?: TakenShares }> {
  const { space, penalty } = problem;
  const pass = (of: TransportProblem, at: Side, potential: DeviceArray) =>
    geometryAt(of, at).softmin(columnsOf(of, at, potential), epsilon, {
      formula: logMassOf(of.penalty[at]),
      parameters: of.penalty[at].parameters,
    });
  const shares: { [S in Side]?: TakenShares } = {};
  for (const side of ['x', 'y'] as const) {
    if (penalty[side].logMass) continue;
    const own = self[side];
    const arrays = [
      pass(problem, side, cross[other(side)]),
      ...(own ? [pass(selfProblem(problem, side), 'x', own)] : []),
    ];
    const logarithms = yield* readAll(space.backend, arrays);
    space.release(...arrays);
    const [ofCross, ofSelf] = logarithms.map((values) => Float64Array.from(values, Math.exp));
    shares[side] = { cross: ofCross, self: ofSelf };
  }
  return shares;
}

const logMassOf = remembered(
  (penalty: MarginalPenalty): Update['formula'] =>
    (softmin, epsilon) =>
      logMassAt(penalty, softmin, epsilon),
);

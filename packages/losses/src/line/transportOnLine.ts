import { InvalidOptionError } from '@sinkhorn/core';
import { solveLine } from '@sinkhorn/core/line';
import { checkNames, checkPositive } from '../checkOptions.js';
import { type ExactSolution, exactEngine, extendExact } from '../exact/exactEngine.js';
import type { Loss } from '../loss.js';
import { makeLoss } from '../makeLoss.js';
import type { NormalizeOptions } from '../normalized.js';

export interface LineTransportOptions extends NormalizeOptions {
  /** The exponent: the cost is |x - y|^p / p, for any p of 1 or more. Default 2. */
  readonly p?: number;
  /** The length of a circle that coordinates go around: distances are those along the shorter arc. Default: a line. */
  readonly period?: number;
}

/**
 * Exact optimal transport of measures on the line or a circle: min over plans of sum_ij pi_ij |x_i - y_j|^p / p, with no blur. It takes
 * N log N, on the host in float64, and needs no backend.
 *
 * Points have one coordinate: [N, 1] or [B, N, 1]. Masses must agree, or `normalize` compares shares. The value is in units of the cost:
 * the Wasserstein distance W_p is (p value)^(1 / p). On the line sorted masses meet in order; on a circle that is so after a cut, which is
 * found as Delon, Salomon and Sobolevski do, 2010. Gradients between coincident points are 0 for p = 1; points in one place share theirs in
 * proportion to weight. A gradient in the weights is the potential without its mean, and where several are optimal the mean of the
 * one-sided derivatives along the line.
 *
 * @throws InvalidOptionError when an option is unknown or out of range; calls throw InvalidMeasureError for points of more coordinates,
 * and for unequal masses.
 *
 * @example
 * ```ts
 * import { transportOnLine } from '@sinkhorn/losses/line';
 *
 * const { value, plan, potentials } = transportOnLine({ p: 1 }).solveSync([[0], [1]], [[3], [1]]);
 * if (value !== 1.5 || plan.i.join() !== '0,1' || plan.j.join() !== '1,0') throw new Error('unexpected');
 * if (potentials.f_ba[0] + potentials.g_ab[1] !== 1) throw new Error('unexpected');
 * const clock = transportOnLine({ p: 1, period: 24 });
 * if ((await clock.value([[23]], [[1]])) !== 2) throw new Error('unexpected');
 * ```
 */
export function transportOnLine(options: LineTransportOptions = {}): Loss<ExactSolution> {
  checkNames('transportOnLine', options, ['p', 'period', 'normalize']);
  const { p = 2, period } = options;
  if (!Number.isFinite(p) || p < 1) throw new InvalidOptionError(`p is ${p}: give a finite number, 1 or more`);
  if (period !== undefined) checkPositive('period', period);
  const engine = exactEngine('transportOnLine', options, 'the order of points is the plan', (pair) =>
    solveLine(pair, { p, period }),
  );
  return makeLoss(engine, extendExact);
}

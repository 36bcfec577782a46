import { type Cost, formula, InvalidOptionError, powerCost } from '@sinkhorn/core';
import { type Certificate, solveExact } from '@sinkhorn/core/exact';
import { checkedFormula } from '../checkedFormula.js';
import { checkFunction, checkNames } from '../checkOptions.js';
import type { Loss } from '../loss.js';
import { makeLoss } from '../makeLoss.js';
import type { NormalizeOptions } from '../normalized.js';
import { type ExactSolution, exactEngine, extendExact } from './exactEngine.js';

export interface ExactTransportOptions extends NormalizeOptions {
  /** The exponent: the cost is |x - y|^p / p, for any p of 1 or more. Default 2. */
  readonly p?: number;
  /** A formula of two points, in place of p's; it need not be symmetric. */
  readonly cost?: Cost;
}

/** A solved problem of exact transport between few points, with the proof that it is solved. */
export interface CertifiedSolution extends ExactSolution {
  /** One for each element of the batch: the plan costs at most `gap` more than the cheapest one. */
  readonly certificates: readonly Certificate[];
}

/**
 * Exact optimal transport between few points: min over plans of sum_ij pi_ij C(x_i, y_j), with no blur. It runs on the host in float64,
 * by the network simplex, and needs no backend.
 *
 * N M is 4,000,000 at most. Masses must agree, or `normalize` compares shares. The value is in units of the cost: the Wasserstein
 * distance W_p is (p value)^(1 / p). The gradient in points is sum_j pi_ij dC(x_i, y_j) / dx_i, that in weights the potential without its
 * mean; where several plans or potentials are optimal both belong to one of these.
 *
 * @throws InvalidOptionError when an option is unknown or out of range; calls throw InvalidMeasureError for unequal masses, and
 * UnsupportedError for more pairs.
 *
 * @example
 * ```ts
 * import { exactTransport } from '@sinkhorn/losses/exact';
 *
 * const solution = await exactTransport({ p: 1 }).solve([[0, 0], [1, 0]], [[1, 1], [0, 3]]);
 * if (solution.value !== 2 || solution.certificates[0].gap > 1e-15) throw new Error('unexpected');
 * const partners = Array.from(solution.plan.i, (i, k) => `${i} to ${solution.plan.j[k]}`).sort();
 * if (partners.join() !== '0 to 1,1 to 0') throw new Error('unexpected');
 * ```
 */
export function exactTransport(options: ExactTransportOptions = {}): Loss<CertifiedSolution> {
  checkNames('exactTransport', options, ['p', 'cost', 'normalize']);
  const { p = 2, cost } = options;
  if (cost !== undefined) checkFunction('cost', cost);
  if (!Number.isFinite(p) || p < 1) throw new InvalidOptionError(`p is ${p}: give a finite number, 1 or more`);
  if (cost !== undefined && options.p !== undefined) {
    throw new InvalidOptionError('p and cost are both given: the cost is one or the other');
  }
  const problem = cost
    ? { cost: checkedFormula('cost', cost) }
    : p === 1 || p === 2
      ? { cost: powerCost(p), power: p as 1 | 2 }
      : { cost: distancePower(p) };
  const engine = exactEngine('exactTransport', options, 'the simplex needs every cost', (pair) =>
    solveExact(pair, problem),
  );
  return makeLoss(engine, (solution, origin) =>
    Object.assign(extendExact(solution, origin), { certificates: origin.result.transport.certificates }),
  );
}

const distancePower =
  (p: number): Cost =>
  (x, y) =>
    formula.mul(1 / p, formula.power(formula.distance(x, y), p));

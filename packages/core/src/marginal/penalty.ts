import type { Expression } from '../formula/expression.js';

/**
 * What a plan pays for mass that it does not take from a measure as it is: the penalty phi of Séjourné et al. 2019,
 * section 3. The formulas are of potentials, as the dual problem knows it by the conjugate phi*.
 *
 * `prox` and `dualDifference` say all there is to know. `logMass` and `rate` save passes and sweeps where they are known.
 * Potentials, strengths and temperatures are in units of the cost.
 */
export interface MarginalPenalty {
  /** Whether the plan has to take each point's mass as it is. */
  readonly balanced: boolean;
  /**
   * How much a potential has to change for what is paid to change with it, such as the strength rho: potentials are made right on this
   * scale. Infinity where temperature and costs alone tell.
   */
  readonly scale: number;
  /** Where `logMass` is -rate f: this rate. Solvers then know the best of all potentials (f + t, g - t). 0 where balanced. */
  readonly rate?: number;
  /** The numbers that the formulas below read; none has the name of one that solvers give: epsilon, temperature, keep and the like. */
  readonly parameters: Readonly<Record<string, number>>;
  /** The potential that a softmin leads to at a temperature: -aprox(-softmin), the f with the most -phi*(-f) - eps exp((f - softmin) / eps). */
  prox(softmin: Expression, epsilon: Expression): Expression;
  /**
   * The logarithm of the share of a point's mass that the plan takes, where the potential f alone tells it. Absent elsewhere, as where phi*
   * has a kink: solvers then take what any potential and its softmin tell, (f - softmin) / eps.
   */
  logMass?(potential: Expression): Expression;
  /**
   * The difference of -phi*(-f) - t exp(logMass(f)) between the potential `high` and the potential `low`. For t = eps / 2 it
   * is a point's part of the dual value, for t = eps the gradient in the point's weight. Balanced: high - low.
   *
   * Without `logMass` that of -phi*(-f) alone: solvers then count the mass themselves.
   */
  dualDifference(low: Expression, high: Expression, temperature: Expression): Expression;
}

import { type CheckedMeasure, finiteNumbers, runAsync, type Side, type Task } from '@sinkhorn/core';
import type { TruncatedPlanSource } from '@sinkhorn/core/multiscale-plan';
import { derivatives, type PlanDerivatives } from './derivatives.js';
import { passing } from './loaded.js';
import type { CallOptions } from './loss.js';
import { like } from './makeLoss.js';
import { plans } from './parts.js';

type Values = Float32Array | Float64Array;

/**
 * The transport plan pi_ij = a_i b_j exp((f_i + g_j - C(x_i, y_j)) / eps), as an operator: each method is a pass over
 * the pairs, and none but `dense` stores N x M numbers.
 */
export interface Plan {
  /** sum_j pi_ij v_j for every row i: `values` holds one or more numbers for each column j, flat. */
  apply(values: ArrayLike<number>, options?: CallOptions): Promise<Values>;
  /** The plan from y to x. */
  transpose(): Plan;
  /** The mass the plan takes from each row and brings to each column. */
  marginals(options?: CallOptions): Promise<{ readonly rows: Values; readonly columns: Values }>;
  /** Where each row's point is sent on average, as points: sum_j pi_ij y_j / sum_j pi_ij. */
  barycentricMap(options?: CallOptions): Promise<Values>;
  /** The plan as a matrix, row by row. Throws UnsupportedError above 2^24 entries. */
  dense(options?: CallOptions): Promise<Float64Array>;
}

/** A plan that can be differentiated. */
export interface DifferentiablePlan extends Plan, PlanDerivatives {
  transpose(): DifferentiablePlan;
}

/** What passes over plans: over every entry, or over those that count. */
type Passes = Pick<
  typeof import('@sinkhorn/core/multiscale-plan'),
  'applyPlan' | 'planMarginal' | 'barycentricMap' | 'valuesPerPoint'
>;

/** A solved problem, and what passes over its plan. */
interface PlannedSource extends TruncatedPlanSource {
  readonly load: () => Task<Passes | undefined>;
}

/** The plan of a solved problem, its rows being the points of `side`. */
export function makePlan(source: PlannedSource, side: Side = 'x'): DifferentiablePlan {
  const across: Side = side === 'x' ? 'y' : 'x';
  const rows = source.pair[side];
  const columns = source.pair[across];
  const run = async (of: CheckedMeasure, pass: (solvers: Passes) => Task<Float64Array>, options?: CallOptions) =>
    like(await runAsync(passing(source.load, pass), options), of);
  return {
    ...derivatives<PlanDerivatives>(
      { barycentricMap: 0, barycentricMapJvp: 1, barycentricMapVjp: 1, apply: 1, applyJvp: 2, applyVjp: 2 },
      { ...source, side },
    ),
    apply: (values, options) =>
      run(
        rows,
        ({ applyPlan, valuesPerPoint }) => {
          const numbers = finiteNumbers('values', values);
          return applyPlan(source, side, numbers, valuesPerPoint(numbers, columns));
        },
        options,
      ),
    transpose: () => makePlan(source, across),
    marginals: async (options) => ({
      rows: await run(rows, ({ planMarginal }) => planMarginal(source, side), options),
      columns: await run(columns, ({ planMarginal }) => planMarginal(source, across), options),
    }),
    barycentricMap: (options) => run(rows, ({ barycentricMap }) => barycentricMap(source, side), options),
    dense: (options) =>
      runAsync(
        passing(plans, ({ densePlan }) => densePlan(source, side)),
        options,
      ),
  };
}

import { InvalidMeasureError, type PlanSource, runAsync, type Side, type Task, UnsupportedError } from '@sinkhorn/core';
import type { TruncatedPlanSource } from '@sinkhorn/core/multiscale-plan';
import type { CallOptions } from './loss.js';
import { like } from './makeLoss.js';
import { multiscalePlans, plans } from './parts.js';

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

/** How a plan is passed over: every entry, or those that count. */
export interface PlanPasses {
  apply(side: Side, values: ArrayLike<number>, size: number): Task<Float64Array>;
  marginal(side: Side): Task<Float64Array>;
  map(side: Side): Task<Float64Array>;
}

export const densePasses = (source: PlanSource): PlanPasses => ({
  apply: (side, values, size) => onPlans(({ applyPlan }) => applyPlan(source, side, values, size)),
  marginal: (side) => onPlans(({ planMarginal }) => planMarginal(source, side)),
  map: (side) => onPlans(({ barycentricMap }) => barycentricMap(source, side)),
});

/** Loads what passes over plans first: all of a plan's methods return promises. */
export function* onPlans<Result>(pass: (solvers: typeof import('@sinkhorn/core/plan')) => Task<Result>): Task<Result> {
  const solvers = yield* plans();
  if (!solvers) throw new UnsupportedError('a plan needs methods that return a promise');
  return yield* pass(solvers);
}

export function truncatedPasses(source: TruncatedPlanSource): PlanPasses {
  const use = function* (
    pass: (solvers: typeof import('@sinkhorn/core/multiscale-plan')) => Task<Float64Array>,
  ): Task<Float64Array> {
    const solvers = yield* multiscalePlans();
    if (!solvers) throw new UnsupportedError('a plan on cells needs methods that return a promise');
    return yield* pass(solvers);
  };
  return {
    apply: (side, values, size) => use(({ applyTruncatedPlan }) => applyTruncatedPlan(source, side, values, size)),
    marginal: (side) => use(({ truncatedMarginal }) => truncatedMarginal(source, side)),
    map: (side) => use(({ truncatedMap }) => truncatedMap(source, side)),
  };
}

/** The plan of a solved problem, its rows being the points of `side`. */
export function makePlan(source: PlanSource, passes: PlanPasses, side: Side = 'x'): Plan {
  const across: Side = side === 'x' ? 'y' : 'x';
  const rows = source.pair[side];
  const columns = source.pair[across];
  return {
    async apply(values, options) {
      const entries = columns.batch * columns.count;
      if (values.length === 0 || values.length % entries !== 0) {
        throw new InvalidMeasureError(
          `values has ${values.length} numbers: give one or more for each of the ${entries} points of ${columns.name}`,
        );
      }
      return like(await runAsync(passes.apply(side, values, values.length / entries), options), rows);
    },
    transpose: () => makePlan(source, passes, across),
    marginals: async (options) => ({
      rows: like(await runAsync(passes.marginal(side), options), rows),
      columns: like(await runAsync(passes.marginal(across), options), columns),
    }),
    barycentricMap: async (options) => like(await runAsync(passes.map(side), options), rows),
    dense: (options) =>
      runAsync(
        onPlans(({ densePlan }) => densePlan(source, side)),
        options,
      ),
  };
}

import type { DeviceArray } from '../backend/backend.js';
import type { Columns } from './columns.js';
import type { Temperature } from './temperature.js';
import type { Update } from './update.js';

/**
 * Where two measures live and what it costs to go from one to the other: all that solvers know of costs. Rows are the points of
 * one measure, columns those of the other.
 */
export interface Geometry {
  /** The same with rows and columns exchanged. */
  transpose(): Geometry;
  /** That of the rows with themselves; absent where it is not known, and then nothing is debiased. */
  ofRows?(): Geometry;
  /**
   * At every row -eps log sum_j b_j exp((g_j - C_ij) / eps), or what an update makes of it (Feydy et al. 2019, equation 8),
   * [N, 1].
   */
  softmin(columns: Columns, epsilon: Temperature, update?: Update): DeviceArray;
  /**
   * At every row the mean of dC(x_i, y_j)/dx_i under exp((g_j - C_ij) / eps) b_j, [N, D], times a factor that a formula gives
   * for the row as an update does; and the logarithm of the sum of these weights, [N, 1]. Absent where points do not move.
   */
  costGradient?(columns: Columns, epsilon: number, factor?: Update): { mean: DeviceArray; logSumExp: DeviceArray };
}

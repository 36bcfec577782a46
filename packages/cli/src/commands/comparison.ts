import type { PermutationResult } from '@sinkhorn/toolkit';
import type { Diagnostics, MeasureGradient } from 'sinkhorn';
import type { PointCloud } from '../readers/pointCloud.js';
import type { ChosenLoss } from './lossChoice.js';

/** Everything that `sinkhorn compare` computed. */
export interface Comparison {
  readonly a: PointCloud;
  readonly b: PointCloud;
  readonly chosen: ChosenLoss;
  readonly value: number;
  readonly gradient: MeasureGradient;
  readonly diagnostics: Diagnostics;
  /** Of the value of sliced transport, as a mean over directions. */
  readonly standardError?: number;
  /** Where each point of A goes and each of B comes from, of losses with a plan. */
  readonly transport?: { readonly targets: ArrayLike<number>; readonly sources: ArrayLike<number> };
  /** Labels of A's points, and those that the plan brings them from B: empty where a point exchanges no mass. */
  readonly labels?: { readonly source: readonly string[]; readonly target: readonly string[] };
  readonly test?: PermutationResult;
  /** Balanced transport as a length in units of the coordinates: between both clouds, and between two halves of A. */
  readonly distance?: { readonly between: number; readonly halves?: number };
  /** Whether coordinates are deviations from A's mean. */
  readonly standardized?: boolean;
}

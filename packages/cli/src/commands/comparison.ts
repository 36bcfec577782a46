import type { PermutationResult } from '@sinkhorn/toolkit';
import type { Diagnostics, MeasureGradient } from 'sinkhorn';
import type { PointCloud } from '../readers/pointCloud.js';
import type { ChosenLoss } from './lossChoice.js';

/** Everything that `sinkhorn compare` computed. */
export interface Comparison {
  readonly a: PointCloud;
  readonly b: PointCloud;
  readonly chosen: ChosenLoss;
  readonly backend: string;
  readonly value: number;
  readonly gradient: MeasureGradient;
  readonly diagnostics: Diagnostics;
  /** Where each point of A goes and each of B comes from; only the Sinkhorn divergence knows. */
  readonly transport?: { readonly targets: ArrayLike<number>; readonly sources: ArrayLike<number> };
  readonly test?: PermutationResult;
  /** Balanced transport as a length in units of the coordinates: between both clouds, and between two halves of A. */
  readonly distance?: { readonly between: number; readonly halves?: number };
  /** Whether coordinates are deviations from A's mean. */
  readonly standardized?: boolean;
}

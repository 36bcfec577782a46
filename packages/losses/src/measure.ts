import type { Measure as Cloud } from '@sinkhorn/core';
import type { GridMeasure } from '@sinkhorn/core/grids';

/** A weighted point cloud, masses on a regular grid, or a batch of either, in any of the forms users have it in. */
export type Measure = Cloud | GridMeasure;

import { checkGrid, type GridMeasure } from '../measure/grid.js';
import { type CheckedMeasure, checkMeasureChunked, type Measure } from '../measure/measure.js';
import type { Task } from '../tasks/task.js';

/** Checks points that somebody asks about: a cloud, or the nodes of a grid. */
export const checkedPoints = (points: Measure | GridMeasure): Task<CheckedMeasure> =>
  'grid' in Object(points)
    ? checkGrid('points', points as GridMeasure)
    : checkMeasureChunked('points', points as Measure);

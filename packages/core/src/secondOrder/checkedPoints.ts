import { checkGrid, type GridMeasure } from '../measure/grid.js';
import { type CheckedMeasure, checkInPieces, type Measure } from '../measure/measure.js';
import type { Task } from '../tasks/task.js';

/** Checks points that somebody asks about: a cloud, or the nodes of a grid. */
export const checkedPoints = (points: Measure | GridMeasure): Task<CheckedMeasure> =>
  'grid' in Object(points) ? checkGrid('points', points as GridMeasure) : checkInPieces('points', points as Measure);

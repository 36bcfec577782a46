import { type CheckedMeasure, checkMeasureChunked, type Task } from '@sinkhorn/core';
import type { GridMeasure } from '@sinkhorn/core/grids';
import { loaded } from './loaded.js';
import type { Measure } from './measure.js';
import { gridMeasures } from './parts.js';

/**
 * A measure of any form, checked. With `copies` its numbers are the caller's no more.
 *
 * @throws InvalidMeasureError naming `name`, the index and the remedy; UnsupportedError for a grid where a task is run without waiting and
 * what knows grids is not loaded yet.
 */
export function* checkedMeasure(name: string, measure: Measure, copies?: boolean): Task<CheckedMeasure> {
  if (!isGrid(measure)) return yield* checkMeasureChunked(name, measure, copies);
  return yield* yield* loaded(gridMeasures, 'what grids need', 'readyGrids', (part) => part.checkGrid(name, measure));
}

// What is no object at all is for the check of clouds to refuse.
const isGrid = (measure: Measure): measure is GridMeasure => 'grid' in Object(measure);

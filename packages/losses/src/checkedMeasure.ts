import { type CheckedMeasure, checkInPieces, type Task, UnsupportedError } from '@sinkhorn/core';
import type { GridMeasure } from '@sinkhorn/core/grids';
import type { Measure } from './measure.js';
import { grids } from './parts.js';

/**
 * A measure of any form, checked. With `copies` its numbers are the caller's no more.
 *
 * @throws InvalidMeasureError naming `name`, the index and the remedy; UnsupportedError for a grid where a task is run without waiting and
 * what knows grids is not loaded yet.
 */
export function* checkedMeasure(name: string, measure: Measure, copies?: boolean): Task<CheckedMeasure> {
  if (!isGrid(measure)) return yield* checkInPieces(name, measure, copies);
  const parts = yield* grids();
  if (parts) return yield* parts.checkGrid(name, measure);
  throw new UnsupportedError(`${name} is a grid: await a value first, or call readyGrids() of @sinkhorn/losses/ready`);
}

// What is no object at all is for the check of clouds to refuse.
const isGrid = (measure: Measure): measure is GridMeasure => 'grid' in Object(measure);

import type { Workspace } from '../backend/workspace.js';
import { type DeviceMeasure, uploadChunked } from '../measure/deviceMeasure.js';
import { rawFrame } from '../measure/frame.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { Task } from '../tasks/task.js';
import { type Cells, coarserCells, finestCells } from './cells.js';
import { type Coreset, type Entries, makeCoreset } from './coreset.js';
import type { SortedCloud } from './sortedCloud.js';
import { makeTree, type Tree } from './tree.js';

/** The level at which every point is kept. */
export const EVERY_POINT = -1;

/**
 * Entries of a leaf at most, unless a finest cell has more: smaller ones cost more to find than they save. Raising it makes lists shorter
 * to find and longer to reduce. Chosen, not measured by itself; the benchmark "Many points" judges the whole.
 */
export const LEAF_SIZE = 32;

/** A cloud at one level, on the host and on a device. */
export interface HierarchyLevel {
  readonly level: number;
  readonly coreset: Coreset;
  readonly tree: Tree;
  readonly device: DeviceMeasure;
}

/** A cloud at any level; what lower levels know is used for those above. */
export interface Hierarchy {
  /** The cells of the grid doubled so often, or of the grid itself. */
  cells(level: number): Task<Cells>;
  at(level: number): Task<HierarchyLevel>;
  /** About how many entries a level has. */
  entries(level: number): Task<number>;
}

export function makeHierarchy(space: Workspace, cloud: SortedCloud): Hierarchy {
  const cells: Cells[] = [];
  const cellsAt = function* (level: number): Task<Cells> {
    if (cells.length === 0) cells.push(yield* finestCells(cloud, 0));
    while (cells.length <= level) cells.push(yield* coarserCells(cloud, cells.length, cells[cells.length - 1]));
    return cells[level];
  };
  return {
    cells: (level) => cellsAt(Math.max(0, level)),
    *at(level) {
      const coreset = yield* makeCoreset(cloud, yield* cellsAt(Math.max(0, level)), level === EVERY_POINT);
      const tree = yield* makeTree(cloud, coreset, level === EVERY_POINT ? -cloud.halvings : level, LEAF_SIZE);
      return { level, coreset, tree, device: yield* uploadEntries(space, cloud.dimension, coreset, 0, coreset.count) };
    },
    *entries(level) {
      if (level === EVERY_POINT) return cloud.count;
      const { starts, count } = yield* cellsAt(level);
      let entries = 0;
      for (let cell = 0; cell < count; cell++) {
        entries += Math.min(starts[cell + 1] - starts[cell], cloud.dimension + 1);
      }
      return entries;
    },
  };
}

/** The level for a temperature whose length scale is `sigma`: cells of at most `ratio` times that. */
export function levelFor({ width, levels }: SortedCloud, sigma: number, ratio: number): number {
  const level = Math.floor(Math.log2((ratio * sigma) / width) + 1e-9);
  return Math.max(EVERY_POINT, Math.min(level, levels));
}

/** Uploads some entries as a measure. */
export function* uploadEntries(
  space: Workspace,
  dimension: number,
  { points, weights }: Pick<Entries, 'points' | 'weights'>,
  from: number,
  to: number,
): Task<DeviceMeasure> {
  const part = weights.subarray(from, to);
  let mass = 0;
  for (const weight of part) mass += weight;
  const measure: CheckedMeasure = {
    name: 'coreset',
    points: points.subarray(from * dimension, to * dimension),
    weights: part,
    masses: Float64Array.of(mass > 0 ? mass : 1),
    batch: 1,
    batched: false,
    count: to - from,
    dimension,
  };
  return yield* uploadChunked(space, measure, rawFrame(dimension));
}

/** Frees a measure on the device. */
export function releaseMeasure(
  space: Workspace,
  { points, weights, logWeights, normalizedWeights }: DeviceMeasure,
): void {
  space.release(points, weights, logWeights, normalizedWeights);
}

import { expect, test } from 'vitest';
import { checkMeasure } from '../../src/measure/measure.js';
import { coarserCells, finestCells } from '../../src/spatial/cells.js';
import { makeCoreset } from '../../src/spatial/coreset.js';
import { prolong } from '../../src/spatial/prolong.js';
import { restrict } from '../../src/spatial/restrict.js';
import { type SortedCloud, sortCloud } from '../../src/spatial/sortedCloud.js';
import type { Task } from '../../src/tasks/task.js';
import { solveLine } from '../../src/transport/line/solveLine.js';
import { drawDirections } from '../../src/transport/sliced/directions.js';
import { maxSliced } from '../../src/transport/sliced/maxSliced.js';
import { solveSliced } from '../../src/transport/sliced/solveSliced.js';
import { finish } from '../support/finish.js';

/** So many points that a pass over all of them is cut into as many pieces. */
const COUNT = 2 ** 18;
const PIECES = 4;

/** How often a task that waits for nothing can be interrupted, up to a number. */
function interruptions(task: Task<unknown>, most: number): number {
  let found = 0;
  while (found < most && !task.next().done) found++;
  return found;
}

const draws = (count: number, step: number) => Float64Array.from({ length: count }, (_, k) => (k * step + 0.1) % 1);
const measure = (name: string, dimension: number, step: number) =>
  checkMeasure(name, { points: draws(COUNT, step), dimension });
const pairOf = (dimension: number) => ({ x: measure('x', dimension, 0.618034), y: measure('y', dimension, 0.414214) });

const sorted = (): SortedCloud =>
  finish(sortCloud(draws(3 * COUNT, 0.618034), new Float64Array(COUNT).fill(1), 3, 0.01));

// The passes of each over its points, or more that come to as much.
const works: [what: string, passes: number, task: () => Task<unknown>][] = [
  ['transport on a line', 12, () => solveLine(pairOf(1), { p: 2 })],
  ['transport on a circle', 24, () => solveLine(pairOf(1), { p: 1.5, period: 1 })],
  ['its gradients', 6, () => finish(solveLine(pairOf(1), { p: 2 })).gradientsOf(['x', 'y'])],
  ['sliced transport', 6, () => solveSliced(pairOf(2), { p: 2 }, drawDirections(2, 2, 0, true), ['x'])],
  ['an ascent over slices', 12, () => maxSliced(pairOf(2), { p: 2 }, Float64Array.of(1, 0))],
  ['the cells of a cloud', 3, () => finestCells(sorted(), 0)],
  [
    'what represents cells',
    6,
    function* () {
      const cloud = sorted();
      const fine = yield* makeCoreset(cloud, finish(finestCells(cloud, 0)), false);
      const coarse = yield* makeCoreset(cloud, finish(coarserCells(cloud, 1, fine.cells)), false);
      yield* prolong(3, coarse, fine, { values: new Float64Array(coarse.count) });
      yield* restrict(3, cloud.points, cloud.weights, fine, cloud.weights);
    },
  ],
];

test.each(works)('%s among many points can be interrupted in each pass over them', (_what, passes, task) => {
  expect(interruptions(task(), passes * PIECES)).toBe(passes * PIECES);
});

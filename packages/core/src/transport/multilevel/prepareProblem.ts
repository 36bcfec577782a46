import type { Workspace } from '../../backend/workspace.js';
import { toFrameChunked } from '../../measure/frame.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { compareContent, type MeasurePair } from '../../measure/pair.js';
import { MOST_HALVINGS } from '../../spatial/fieldsAtPoints.js';
import { type Hierarchy, makeHierarchy } from '../../spatial/hierarchy.js';
import { type SortedCloud, sortCloud } from '../../spatial/sortedCloud.js';
import { pause, report, type Task } from '../../tasks/task.js';
import { temperatures } from '../context.js';
import { finenessFor } from './accuracy.js';
import type { MultiscaleOptions } from './options.js';
import type { MultiscaleProblem } from './problem.js';

/** Sorts both clouds and makes their levels; equal clouds share theirs. */
export function* prepareProblem(
  space: Workspace,
  pair: MeasurePair,
  options: MultiscaleOptions,
): Task<MultiscaleProblem> {
  const known = yield* temperatures(space.backend, pair, options);
  const { ratio, threshold, interpolationTolerance } = finenessFor(options.accuracy, options.p);
  const width = ratio * known.epsilon ** (1 / options.p);
  const sorted = function* (measure: CheckedMeasure): Task<SortedCloud> {
    yield* report({ stage: 'sorting' });
    const points = yield* toFrameChunked(measure, known.units.frame);
    yield* pause();
    return yield* sortCloud(points, measure.weights, measure.dimension, width, MOST_HALVINGS);
  };
  const x = yield* sorted(pair.x);
  const same = pair.y === pair.x || compareContent(pair.x, pair.y) === 0;
  const y = same ? x : yield* sorted(pair.y);
  const levelled = function* (cloud: SortedCloud): Task<Hierarchy> {
    const levels = makeHierarchy(space, cloud);
    // Made one by one, as other work may have to come between.
    for (let level = 0; level <= cloud.levels; level++) {
      yield* levels.entries(level);
      yield* pause();
    }
    return levels;
  };
  const resolve = yield* levelled(x);
  return {
    ...known,
    space,
    cost: options.cost,
    p: options.p,
    keepsPoints: options.p === 1,
    threshold,
    ratio,
    doublings: 0,
    interpolationTolerance,
    clouds: { x, y },
    hierarchy: { x: resolve, y: same ? resolve : yield* levelled(y) },
  };
}

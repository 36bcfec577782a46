import { dispatchSoftmin, type PendingSoftmin, readValues } from '../../geometry/truncated/truncatedSoftmin.js';
import { other, type Side } from '../../measure/side.js';
import { emptyEntries } from '../../spatial/coreset.js';
import { type HierarchyLevel, LEAF_SIZE } from '../../spatial/hierarchy.js';
import { samplePlaces, sumOf } from '../../spatial/samples.js';
import { makeTree } from '../../spatial/tree.js';
import type { Task } from '../../tasks/task.js';
import { lackOf } from '../marginalError.js';
import type { MultiscaleProblem } from './problem.js';
import type { LevelIterates } from './scheduleOnCoresets.js';

/**
 * Entries that a marginal error is a mean over, split evenly among the mass: it is then off by a hundredth or two of itself. Raising it costs
 * one row of a softmin each. Chosen, not measured.
 */
const SAMPLES = 4096;

/** The largest L1 marginal error of iterates on their coresets, at some entries: one more update shows what they lack. */
export function* marginalErrorOf(
  problem: MultiscaleProblem,
  { levels, cross, self }: LevelIterates,
  epsilon: number,
): Task<number> {
  const updates: { readonly softmin: PendingSoftmin; readonly iterate: Float64Array }[] = [];
  for (const side of ['x', 'y'] as const) {
    const against = other(side);
    const own = self[side];
    const { rows, chosen } = yield* someRows(problem, levels[side], side);
    const shared = { side, rows, epsilon, rho: problem.rho[side], gradient: false };
    const crossed = { ...shared, columns: levels[against], potential: cross[against] };
    updates.push({ softmin: yield* dispatchSoftmin(problem, crossed), iterate: pick(cross[side], chosen) });
    if (!own) continue;
    const alone = { ...shared, columns: levels[side], potential: own };
    updates.push({ softmin: yield* dispatchSoftmin(problem, alone), iterate: pick(own, chosen) });
  }
  let largest = 0;
  for (const { softmin, iterate } of updates) {
    const values = yield* readValues(problem, softmin);
    const { weights, count } = softmin.input.rows.coreset;
    const error = sumOf(count, (k) => weights[k] * lackOf(iterate[k] - values[k], epsilon));
    largest = Math.max(largest, error / sumOf(count, (k) => weights[k]));
  }
  return largest;
}

/** Entries of a level that split its mass evenly, or all of a few. */
function* someRows({ clouds }: MultiscaleProblem, { coreset, tree }: HierarchyLevel, side: Side) {
  if (coreset.count <= SAMPLES) return { rows: { coreset, tree }, chosen: undefined };
  const cloud = clouds[side];
  const { dimension } = cloud;
  const chosen = samplePlaces(coreset.weights, SAMPLES);
  const entries = emptyEntries(SAMPLES, dimension);
  for (let k = 0; k < SAMPLES; k++) {
    entries.places[k] = coreset.places[chosen[k]];
    entries.weights[k] = 1 / SAMPLES;
    for (let c = 0; c < dimension; c++) entries.points[k * dimension + c] = coreset.points[chosen[k] * dimension + c];
  }
  return { rows: { coreset: entries, tree: yield* makeTree(cloud, entries, 0, LEAF_SIZE) }, chosen };
}

const pick = (values: Float64Array, chosen: Uint32Array | undefined): Float64Array =>
  chosen ? Float64Array.from(chosen, (entry) => values[entry]) : values;

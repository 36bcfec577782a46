import type { Trial } from '../trial.js';
import { batch } from './batches.js';
import { cloudTrial } from './cloudTrial.js';
import { grid } from './grids.js';
import { labels } from './labels.js';
import { matrix } from './matrices.js';
import { norm } from './norms.js';
import { ownCost } from './ownCosts.js';
import { penalized } from './penalties.js';
import { problem } from './problem.js';
import { start } from './starts.js';
import { sumOfSome } from './sums.js';
import { ties } from './ties.js';

/** What problems are of, each with a way to make one from a seed and an index. */
export const families: Readonly<Record<string, (seed: number, index: number) => Trial>> = {
  clouds: (seed, index) => cloudTrial(problem(seed, index)),
  ties,
  batches: batch,
  own: ownCost,
  labels,
  matrices: matrix,
  grids: grid,
  starts: start,
  norms: norm,
  sums: sumOfSome,
  penalties: penalized,
};

/** Makes a problem again from its id. */
export function trialOf(id: string): Trial {
  const match = /^(?:([a-z]+)-)?(\d+)-(\d+)$/.exec(id);
  const make = match && families[match[1] ?? 'clouds'];
  if (!make) throw new Error(`'${id}' is no problem: give SEED-INDEX or FAMILY-SEED-INDEX, such as 1-37 or own-1-37`);
  return make(Number(match[2]), Number(match[3]));
}

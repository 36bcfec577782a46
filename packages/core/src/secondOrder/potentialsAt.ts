import type { GridMeasure } from '../measure/grid.js';
import type { CheckedMeasure, Measure } from '../measure/measure.js';
import type { Side } from '../measure/side.js';
import type { RunOptions } from '../tasks/runOptions.js';
import type { Task } from '../tasks/task.js';
import type { Extension } from '../transport/extension.js';
import type { HostPotentials } from '../transport/hostPotentials.js';
import type { PlanSource } from '../transport/plan.js';
import { extendPotentials } from '../transport/planParts.js';
import { checkedPoints } from './checkedPoints.js';
import { checkSide } from './checkSide.js';

/** The potentials of one side, at any points. */
export interface PotentialsAt {
  /** f_ba, or g_ab for side 'y'. */
  readonly cross: Float64Array;
  /** f_aa, or g_bb; with debiasing only. */
  readonly self?: Float64Array;
}

/** A solved problem, with what its potentials were found from. */
export interface SolvedPotentials extends PlanSource {
  readonly solved: {
    readonly iterates: HostPotentials;
    readonly method?: 'alternating' | 'newton';
    potentialsAt?(side: Side, at: CheckedMeasure): Task<Extension>;
  };
}

/** The potentials of a side at points that need not be in its cloud: by the formulas, or in the way that they were found. */
export function* potentialsAt(
  { backend, pair, options, solved }: SolvedPotentials,
  points: Measure | GridMeasure,
  side: Side = 'x',
  _options?: RunOptions,
): Task<PotentialsAt> {
  checkSide(side);
  const at = yield* checkedPoints(points);
  const { cross, self } = solved.potentialsAt
    ? yield* solved.potentialsAt(side, at)
    : yield* extendPotentials(backend, pair, options, solved.iterates, side, at, solved.method === 'newton');
  return { cross, ...(self && { self }) };
}

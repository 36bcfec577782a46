import type { Side } from '../../src/measure/side.js';
import type { PairwiseProblem } from '../../src/transport/problem.js';
import type { WatchedBackend } from './watchedCpu.js';

/** An update of one side's potential towards its softmin, as the device was asked for it. */
interface WatchedUpdate {
  readonly side: Side;
  readonly epsilon: number;
  /** The share of the way to the softmin: more than 1 where it is over-relaxed. */
  readonly factor: number;
  readonly before: readonly number[];
  readonly against: readonly number[];
  readonly after: readonly number[];
}

/** An update of both sides, one after the other. */
export type WatchedSweep = readonly [WatchedUpdate, WatchedUpdate];

/** The sweeps that a computation has made so far, in their order. */
export function watchedSweeps({ reductions }: WatchedBackend, problem: PairwiseProblem): WatchedSweep[] {
  const updates = reductions
    .filter(({ reduction, rows }) => reduction.kind === 'logSumExp' && rows.previous)
    .map(
      ({ reduction, rows, columns, results }): WatchedUpdate => ({
        side: reduction.rows.point === problem.x.points ? 'x' : 'y',
        epsilon: 1 / reduction.parameters.inverseEpsilon,
        factor: 1 - reduction.parameters.keep,
        before: Array.from(rows.previous),
        against: Array.from(columns.potential),
        after: Array.from(results[0]),
      }),
    );
  return Array.from({ length: updates.length / 2 }, (_, k) => [updates[2 * k], updates[2 * k + 1]] as const);
}

import type { Backend, DeviceArray, Reduction } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import { UnsupportedError } from '../../errors.js';
import { type Expression, pair } from '../../formula/expression.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Task } from '../../tasks/task.js';
import { scoreOf } from './score.js';

/** Memory in which the costs of all pairs of a problem may be kept. */
export interface CostMemory {
  /** Bytes that are taken. */
  readonly used: number;
  /** The same for what is left of it. */
  readonly rest: KeepCosts;
  /** The costs between all rows and columns, whose points are [N, D] or [B, N, D]: the same for as long as a space when asked again. */
  keep(space: Workspace, cost: () => Expression, rows: DeviceArray, columns: DeviceArray): KeptCosts;
}

/**
 * What a pass over all pairs takes in place of the score that computes costs, or over the exchanged pairs; undefined where the costs do
 * not fit. They are computed when first asked for.
 */
export type KeptCosts = (isTransposed: boolean) => Pick<Reduction, 'score' | 'pairs'> | undefined;

/** The memory for costs between two measures on a backend; undefined where none are to be kept. */
export type KeepCosts = (backend: Backend, pair: MeasurePair) => Task<CostMemory | undefined>;

const KEPT_SCORE = scoreOf(pair('cost'));

/** Costs kept in so many bytes. */
export const keptCosts = (bytes: number): KeepCosts =>
  function* (backend, { x, y }) {
    const bytesOf = (pairs: number, matrices: number) => matrices * pairs * (backend.precision === 'float32' ? 4 : 8);
    const across = bytesOf(x.batch * x.count * y.count, 2);
    // Most passes read the costs between both measures: those of a measure with itself leave so much.
    let reserved = x !== y && across <= bytes ? across : 0;
    const known: { rows: DeviceArray; columns: DeviceArray; kept: readonly DeviceArray[] }[] = [];
    let used = 0;
    return {
      get used() {
        return used;
      },
      rest: (device, pair) => keptCosts(bytes - used)(device, pair),
      keep(space, cost, rows, columns) {
        const transposed = rows !== columns;
        return (isTransposed) => {
          const before = known.find((one) => one.rows === rows && one.columns === columns);
          const kept = before?.kept ?? computed();
          if (!before) known.push({ rows, columns, kept });
          return kept.length > 0
            ? { score: KEPT_SCORE, pairs: { cost: kept[isTransposed ? kept.length - 1 : 0] } }
            : undefined;
        };

        function computed(): readonly DeviceArray[] {
          const [n, m] = [rows, columns].map(({ shape }) => shape[shape.length - 2]);
          const batch = Math.max(...[rows, columns].map(({ shape }) => (shape.length === 3 ? shape[0] : 1)));
          const wanted = bytesOf(batch * n * m, transposed ? 2 : 1);
          if (transposed) reserved = 0;
          if (used + wanted > bytes - reserved) return [];
          const points = { rows: { point: rows }, columns: { point: columns } };
          try {
            const made = space.backend.pairs?.({ value: cost(), ...points, parameters: {}, transposed }) ?? [];
            used += wanted;
            space.reductions += 1;
            return made.map(space.hold);
          } catch (error) {
            if (error instanceof UnsupportedError) return [];
            throw error;
          }
        }
      },
    };
  };

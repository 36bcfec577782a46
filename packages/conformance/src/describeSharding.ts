import type { Backend } from '@sinkhorn/core';
import { describe, it } from 'vitest';
import { checkEqual } from './support/check.js';
import { runReduction } from './support/hostReduction.js';
import { pattern } from './tests/reduce/blocks.js';
import { finishFor, KINDS, pairReduction } from './tests/reduce/pairFormula.js';

/** A backend that shares rows out, and the one whose bits it has to have. */
export interface ShardingOptions {
  /** Makes the backend with so many parts; it has to share out reductions of any size. */
  readonly sharded: (parts: number) => Backend | Promise<Backend>;
  /** Makes the backend that computes alone. */
  readonly alone: () => Backend | Promise<Backend>;
  /** Default 1, 2, 3 and 7. */
  readonly parts?: readonly number[];
  /** Milliseconds that a test may take; 120000 when absent. */
  readonly timeout?: number;
}

/** Blocks of uneven sizes, some empty; rows of a block may not be torn apart. */
const BLOCKS = pattern([0, 1, 33, 33, 64, 70], [0, 7, 7, 20, 90], [[3, 0], [2], [1], [2, 1, 0, 3], []]);

/**
 * Registers with vitest what a backend has to pass that shares the rows of a reduction out: the same bits as one machine, for any
 * number of parts, blocks and batches included.
 *
 * @param name what the tests stand under in reports
 */
export function describeSharding(
  name: string,
  { sharded, alone, parts = [1, 2, 3, 7], timeout }: ShardingOptions,
): void {
  describe(`shards of ${name}`, () => {
    for (const count of parts) {
      it.each(KINDS)(
        `${count} parts give the bits of one machine: %s`,
        async (kind) => {
          const [one, many] = await Promise.all([alone(), sharded(count)]);
          try {
            for (const [what, size, more] of [
              ['all pairs', { rows: 70, columns: 90, dimension: 2 }, {}],
              ['fewer rows than parts', { rows: 2, columns: 90, dimension: 2 }, {}],
              ['a batch', { rows: 70, columns: 90, dimension: 3, batch: 2 }, {}],
              ['a finish', { rows: 70, columns: 90, dimension: 2 }, { finish: finishFor(kind, 2) }],
              ['blocks', { rows: 70, columns: 90, dimension: 2 }, { blocks: BLOCKS }],
              ['blocks in a batch', { rows: 70, columns: 90, dimension: 2, batch: 2 }, { blocks: BLOCKS }],
              ['many pairs', { rows: 1000, columns: 1001, dimension: 2 }, {}],
            ] as const) {
              const expected = await runReduction(one, { ...pairReduction(one, kind, size), ...more });
              const found = await runReduction(many, { ...pairReduction(many, kind, size), ...more });
              expected.forEach((values, k) => {
                checkEqual(`${what}, result ${k}`, found[k], values);
              });
            }
          } finally {
            one.dispose();
            many.dispose();
          }
        },
        timeout ?? 120_000,
      );
    }
  });
}

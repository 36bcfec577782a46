import type { Runner } from '../measuring/runner.js';
import type { Cell, Table } from '../report/table.js';
import type { BallTruncation } from '../tasks/ballTruncation.js';

export interface BallsPlan {
  readonly threads: number;
  readonly runs: readonly Omit<BallTruncation, 'backend'>[];
}

/** What truncation by balls would save in more dimensions than cells serve in. */
export async function balls(run: Runner, { threads, runs }: BallsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result } = await run('ballTruncation', { backend: { name: 'wasm', threads }, ...argument });
    const { kind, n, dimension, blur } = argument;
    rows.push({ kind, dimension, n, blur, ...result });
  }
  return [
    {
      title: 'Pairs that count in more dimensions',
      text: 'Clouds of few dimensions of their own, p = 2. Both are halved along their longest axes down to balls of 32 points at most. A pair of balls counts where one of the rows sends a share of a third of 1e-3 or more to the columns, by potentials over all pairs; it is kept where the largest potentials and the distance between the balls allow for that. Of all pairs of points, in shares: truncation cannot visit fewer than count, and by balls would visit those that are kept.',
      columns: [
        { key: 'kind', title: 'clouds', format: 'text' },
        { key: 'dimension', title: 'D', format: 'count' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'counted', title: 'count', format: 'digits3' },
        { key: 'kept', title: 'kept by balls', format: 'digits3' },
      ],
      rows,
    },
  ];
}

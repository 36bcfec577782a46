import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { StrategyErrors } from '../tasks/strategyErrors.js';

export interface MultiscaleErrorsPlan {
  readonly threads: number;
  readonly runs: readonly Omit<StrategyErrors, 'backend'>[];
}

/** What a tolerance of 1e-5 leaves open in a gradient, about. */
const OPEN = 2e-4;

/** The near-linear solver on cells against all pairs, on many kinds of data. */
export async function multiscaleErrors(run: Runner, { threads, runs }: MultiscaleErrorsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('strategyErrors', { backend: { name: 'wasm', threads }, ...argument });
    const { kind, n, tolerance } = argument;
    for (const row of result) {
      const worst = Math.max(row.valueError, row.gradientError);
      rows.push({
        kind,
        n,
        blur: row.blur,
        tolerance: tolerance ?? 'schedule',
        denseSeconds: row.denseSeconds,
        seconds: row.seconds,
        valueError: row.valueError,
        gradientError: row.gradientError,
        estimatedError: row.estimatedError,
        faster: row.denseSeconds / row.seconds,
        within: !row.converged
          ? 'not converged'
          : worst <= row.estimatedError + (tolerance === null ? 0 : OPEN)
            ? 'yes'
            : 'no',
        peak,
      });
    }
  }
  return [
    {
      title: 'Cells against all pairs',
      text: `Value and gradient in x by both strategies on ${threads} threads, float32, by the same schedule at scaling .5 or to a tolerance (150 sweeps at most), at the default accuracy of 1e-3. Errors are within the estimate where neither is above it; after a tolerance of 1e-5, not more than 2e-4 above it, about what that leaves open. Where one of the two solves did not meet the tolerance there is nothing to compare.`,
      columns: [
        { key: 'kind', title: 'clouds', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'tolerance', title: 'until', format: 'power' },
        { key: 'denseSeconds', title: 'all pairs, s', format: 'digits3' },
        { key: 'seconds', title: 'cells, s', format: 'digits3' },
        { key: 'faster', title: 'times faster', format: 'digits3' },
        { key: 'valueError', title: 'value off by', format: 'power' },
        { key: 'gradientError', title: 'gradient off by', format: 'power' },
        { key: 'estimatedError', title: 'estimated error', format: 'power' },
        { key: 'within', title: 'within it', format: 'text' },
        peakColumn,
      ],
      rows,
    },
  ];
}

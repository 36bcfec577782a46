import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { SmallBlurPasses } from '../tasks/smallBlurPasses.js';

export interface SmallBlursPlan {
  readonly runs: readonly SmallBlurPasses[];
}

/** The passes over all pairs that small blurs take. */
export async function smallBlurs(run: Runner, { runs }: SmallBlursPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('smallBlurPasses', argument);
    rows.push({ pair: argument.pair, blur: argument.blur, ...result, peak });
  }
  return [
    {
      title: 'Passes at small blurs',
      text: 'Entropic transport by `sinkhornDivergence` with `debias: false`, p = 2 and a tolerance of 1e-6, on one thread of the wasm backend, by the method that the library chooses. A pass computes all pairs, or most of them, once; scans that compute no exponential are counted too. Counts are exact; seconds are processor time of one first call.',
      columns: [
        { key: 'pair', title: 'clouds', format: 'text' },
        { key: 'points', title: 'points a side', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'method', title: 'method', format: 'text' },
        { key: 'passes', title: 'passes', format: 'count' },
        { key: 'converged', title: 'converged', format: 'text' },
        { key: 'marginalError', title: 'marginal error', format: 'power' },
        { key: 'valueError', title: 'valueError', format: 'power' },
        { key: 'cpuSeconds', title: 'processor seconds', format: 'digits3' },
        peakColumn,
      ],
      rows,
    },
  ];
}

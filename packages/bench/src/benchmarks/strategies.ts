import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { StrategyTimes } from '../tasks/strategyTimes.js';

export interface StrategiesPlan {
  readonly threads: number;
  readonly runs: readonly Omit<StrategyTimes, 'backend'>[];
}

/** All pairs and cells at the numbers of points where 'auto' goes over from the one to the other. */
export async function strategies(run: Runner, { threads, runs }: StrategiesPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('strategyTimes', { backend: { name: 'wasm', threads }, ...argument });
    const { loss, kind, n, blur } = argument;
    rows.push({ loss, kind, n, blur, ...result, peak });
  }
  return [
    {
      title: 'Where cells begin to pay',
      text: `Seconds for value and gradient in x over all pairs and over cells at the default accuracy, in turn on the wasm backend with ${threads} threads, float32, at the numbers of points where \`strategy: 'auto'\` goes over from the one to the other. Times faster is the median of the rounds' ratios.`,
      columns: [
        { key: 'loss', title: 'loss', format: 'text' },
        { key: 'kind', title: 'clouds', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'runs', title: 'runs', format: 'count' },
        { key: 'denseSeconds', title: 'all pairs, s', format: 'digits3' },
        { key: 'seconds', title: 'cells, s', format: 'digits3' },
        { key: 'faster', title: 'times faster', format: 'digits3' },
        { key: 'chosen', title: "'auto' takes", format: 'text' },
        peakColumn,
      ],
      rows,
    },
  ];
}

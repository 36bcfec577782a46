import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { ToolkitTimes } from '../tasks/toolkitTimes.js';

export interface ToolkitPlan {
  readonly threads: number;
  /** What is done, in words, with how much of it, and the seconds that it may take. */
  readonly runs: readonly (Pick<ToolkitTimes, 'job' | 'size'> & { readonly what: string; readonly most: number })[];
}

/** What people do with the toolkit, from data in memory to the result. */
export async function toolkit(run: Runner, { threads, runs }: ToolkitPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const { job, size, what, most } of runs) {
    const { result, peak } = await run('toolkitTimes', { job, size, backend: { name: 'wasm', threads } });
    rows.push({ what, size, most, ...result, units: result.seconds / result.unit, peak });
  }
  return [
    {
      title: 'Jobs of the toolkit',
      text: `On the wasm backend with ${threads} threads, from data in memory to the result, once, in a process of its own whose kernels are not compiled before. "in energy distances" is the time over that of one energy distance of 5,000 against 5,000 points in space, in the same process. Drift is of 20 columns, of which one is moved by a tenth of a deviation, and includes the report. The bunnies are two scans, one turned by 45 degrees.`,
      columns: [
        { key: 'what', title: 'job', format: 'text' },
        { key: 'size', title: 'of', format: 'count' },
        { key: 'seconds', title: 'seconds', format: 'digits3' },
        { key: 'processor', title: "processor's time, s", format: 'digits3' },
        { key: 'most', title: 'wanted, s', format: 'digits3' },
        { key: 'units', title: 'in energy distances', format: 'digits3' },
        { key: 'found', title: 'found', format: 'text' },
        peakColumn,
      ],
      rows,
    },
  ];
}

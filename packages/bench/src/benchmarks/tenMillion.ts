import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { MultiscaleTimes } from '../tasks/multiscaleTimes.js';

export interface TenMillionPlan {
  readonly threads: number;
  /** What times are told in, first. */
  readonly runs: readonly Omit<MultiscaleTimes, 'backend' | 'truth'>[];
}

const NOTHING = '–';

/** How time and memory of the near-linear solver grow, up to ten million points a side. */
export async function tenMillion(run: Runner, { threads, runs }: TenMillionPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('multiscaleTimes', { backend: { name: 'wasm', threads }, ...argument });
    const { seconds, cpuSeconds, mainThreadSeconds, accurate, estimatedError, gradientError } = result;
    const [first] = rows;
    rows.push({
      kind: argument.kind,
      n: argument.n,
      blur: argument.blur,
      seconds,
      times: first ? seconds / Number(first.seconds) : 1,
      cpuSeconds,
      cpuTimes: first ? cpuSeconds / Number(first.cpuSeconds) : 1,
      share: mainThreadSeconds === null ? NOTHING : mainThreadSeconds / seconds,
      accurate: accurate ? 'yes' : 'no',
      gradientError: gradientError ?? NOTHING,
      estimatedError,
      peak,
    });
  }
  return [
    {
      title: 'Ten million points',
      text: `Value and gradient in x on the wasm backend with ${threads} threads, float32, \`strategy: 'multiscale'\` at defaults. Times are told in those of the first row as well. The main thread runs JavaScript alone, while others run kernels: its share is its CPU time over the time of the clock, and less than what it takes where other processes wait for the same cores. The gradient's error is that at 200 points, against rows over all points in float64 with the potentials found.`,
      columns: [
        { key: 'kind', title: 'clouds', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'seconds', title: 'seconds', format: 'digits3' },
        { key: 'times', title: 'times the first', format: 'digits3' },
        { key: 'cpuSeconds', title: 'CPU seconds', format: 'digits3' },
        { key: 'cpuTimes', title: 'times its CPU seconds', format: 'digits3' },
        { key: 'share', title: 'main thread', format: 'digits3' },
        { key: 'accurate', title: 'accurate', format: 'text' },
        { key: 'gradientError', title: 'gradient off by', format: 'power' },
        { key: 'estimatedError', title: 'estimated error', format: 'power' },
        peakColumn,
      ],
      rows,
    },
  ];
}

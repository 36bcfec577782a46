import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { SmallTimes } from '../tasks/smallTimes.js';

export interface SmallPlan {
  readonly runs: readonly SmallTimes[];
}

/** Value and gradients of few points, where a device's own overhead is most of its time. */
export async function small(run: Runner, { runs }: SmallPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('smallTimes', argument);
    rows.push({ n: argument.n, backend: argument.backend.name, ...result, peak });
  }
  return [
    {
      title: 'Few points',
      text: 'Value and gradients of the Sinkhorn divergence between a sphere and a cube, p = 2, blur 0.05, by Sync calls: "library" as it is by default, which is Newton\'s method on the host for so few points; "sweeps" with `method: \'alternating\'`, on the backend; "plain" by loops over plain arrays, as one would write them by hand: annealing and alternating updates to a marginal error of 1e-3, for the transport between the clouds and of each to itself. All three in turn in one process, five solves a time; ratios are medians over the rounds. "apart" is the difference of the gradient in x from that of "library", relative.',
      columns: [
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'backend', title: 'backend', format: 'text' },
        { key: 'runs', title: 'runs', format: 'count' },
        { key: 'library', title: 'library, ms', format: 'digits3' },
        { key: 'sweeps', title: 'sweeps, ms', format: 'digits3' },
        { key: 'plain', title: 'plain, ms', format: 'digits3' },
        { key: 'ofSweeps', title: 'library / sweeps', format: 'digits3' },
        { key: 'ofPlain', title: 'library / plain', format: 'digits3' },
        { key: 'sweepsApart', title: 'sweeps apart', format: 'power' },
        { key: 'plainApart', title: 'plain apart', format: 'power' },
        peakColumn,
      ],
      rows,
    },
  ];
}

import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { KeptCostTimes } from '../tasks/keptCostTimes.js';

export interface KeptCostsPlan {
  readonly runs: readonly KeptCostTimes[];
}

/** Costs of pairs computed once and kept, against costs computed in each pass. */
export async function keptCosts(run: Runner, { runs }: KeptCostsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { n, dimension, blur } = argument;
    const { result, peak } = await run('keptCostTimes', argument);
    rows.push({ n, dimension, blur, ...result, peak });
  }
  return [
    {
      title: 'Kept costs',
      text: "The Sinkhorn divergence of points of length 1, p = 2, the blur in median distances, on the wasm backend in float32 and one thread: with costs of all pairs kept during the solve (`costMemory`, by default) and computed in each pass (`costMemory: 0`). A pass is one softmin over all pairs. Kept costs are computed once for each of the three problems, and the last update is in float64 either way: so a solve of few passes gains less than its passes do. In fewer than 16 dimensions solves keep none. Both ran in turn in the same process; gains are medians of the rounds' ratios.",
      columns: [
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'dimension', title: 'D', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'streamedPass', title: 'a pass that computes, ns a pair', format: 'digits3' },
        { key: 'keptPass', title: 'a pass that reads, ns a pair', format: 'digits3' },
        { key: 'passGain', title: 'times faster', format: 'digits3' },
        { key: 'passes', title: 'passes', format: 'count' },
        { key: 'streamed', title: 'solve that computes, seconds', format: 'digits3' },
        { key: 'kept', title: 'solve that keeps, seconds', format: 'digits3' },
        { key: 'gain', title: 'times faster', format: 'digits3' },
        { key: 'memory', title: 'kept, MB', format: 'digits3' },
        { key: 'difference', title: 'values differ by', format: 'power' },
        peakColumn,
      ],
      rows,
    },
  ];
}

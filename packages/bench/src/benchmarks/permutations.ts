import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { PermutationTimes } from '../tasks/permutationTimes.js';

export interface PermutationsPlan {
  readonly threads: number;
  readonly runs: readonly Omit<PermutationTimes, 'backend'>[];
}

/** Permutation tests that are given a loss, against ones that call it. */
export async function permutations(run: Runner, { threads, runs }: PermutationsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('permutationTimes', { backend: { name: 'wasm', threads }, ...argument });
    rows.push({
      ...argument,
      ...result,
      faster: result.calling / result.seconds,
      statistics: result.seconds / result.statistic,
      peak,
    });
  }
  return [
    {
      title: 'permutationTest with a loss',
      text: `Two samples of a Gaussian law, shifted by 0.02 in each component, on the wasm backend with ${threads} threads, float32, over all pairs; in the same process the test with a function that calls the loss once a shuffle, of which a few shuffles are timed and scaled up. "in statistics" is the time of the whole test over that of one value of the loss. "apart" is the largest difference between values of the two ways, over the observed value.`,
      columns: [
        { key: 'loss', title: 'loss', format: 'text' },
        { key: 'x', title: 'N', format: 'count' },
        { key: 'y', title: 'M', format: 'count' },
        { key: 'dimension', title: 'D', format: 'count' },
        { key: 'permutations', title: 'permutations', format: 'count' },
        { key: 'seconds', title: 'seconds', format: 'digits3' },
        { key: 'statistic', title: 'one value, s', format: 'digits3' },
        { key: 'statistics', title: 'in statistics', format: 'digits3' },
        { key: 'calling', title: 'with a function, s', format: 'digits3' },
        { key: 'faster', title: 'times faster', format: 'digits3' },
        { key: 'pValue', title: 'p-value', format: 'digits3' },
        { key: 'apart', title: 'apart', format: 'power' },
        peakColumn,
      ],
      rows,
    },
  ];
}

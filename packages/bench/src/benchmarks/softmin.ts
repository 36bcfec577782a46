import type { Runner } from '../measuring/runner.js';
import { peakColumn, type Table } from '../report/table.js';

export interface SoftminPlan {
  readonly n: number;
  readonly rounds: number;
}

/** One softmin on the CPU reference against a loop written by hand. */
export async function softmin(run: Runner, { n, rounds }: SoftminPlan): Promise<Table[]> {
  const { result: times } = await run('kernelTimes', {
    kernel: 'softmin',
    dimension: 3,
    n,
    handRows: n,
    backend: { name: 'cpu' },
    rounds,
    limit: Number.MAX_VALUE,
  });
  const { peak: handPeak } = await run('softminOnce', { n, by: 'hand' });
  const { peak: backendPeak } = await run('softminOnce', { n, by: 'backend' });
  const rate = (seconds: number) => n ** 2 / seconds / 1e6;
  return [
    {
      title: 'One softmin',
      text: `A softmin of the squared distance (p = 2, D = 3) over sphere and cube: a loop written by hand in TypeScript, and the CPU reference, which evaluates the same as a formula. The two ran in turn, ${rounds} times; the ratio is the median of the rounds' ratios. Their results differ by ${times.difference.largest.toExponential(0)} at most.`,
      columns: [
        { key: 'implementation', title: 'implementation', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'seconds', title: 'seconds', format: 'digits3' },
        { key: 'rate', title: 'million pairs/s', format: 'digits3' },
        { key: 'ratio', title: 'time against the loop', format: 'digits3' },
        peakColumn,
      ],
      rows: [
        {
          implementation: 'loop by hand',
          n,
          seconds: times.byHand,
          rate: rate(times.byHand),
          ratio: 1,
          peak: handPeak,
        },
        {
          implementation: 'backend-cpu',
          n,
          seconds: times.onBackend,
          rate: rate(times.onBackend),
          ratio: times.ratio,
          peak: backendPeak,
        },
      ],
    },
  ];
}

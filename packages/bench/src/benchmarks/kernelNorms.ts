import type { KindName } from '../clouds/kinds.js';
import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { geomloss, referenceAt } from '../references/geomloss.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { NormName } from '../tasks/kernelNormTimes.js';

export interface KernelNormsPlan {
  readonly threads: number;
  readonly runs: readonly ({ readonly loss: NormName; readonly kind: KindName; readonly n: number } & Repetition)[];
}

const NOTHING = '–';

/** MMDs over cells and lattices, of many points. */
export async function kernelNorms(run: Runner, { threads, runs }: KernelNormsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('kernelNormTimes', { backend: { name: 'wasm', threads }, ...argument });
    const { loss, kind, n } = argument;
    const smaller = rows.find((row) => row.loss === loss && row.kind === kind);
    const reference = kind === 'sphere, cube' ? referenceAt(geomloss[loss], n) : undefined;
    rows.push({
      loss,
      kind,
      n,
      ...result,
      growth: smaller ? Math.log(result.seconds / Number(smaller.seconds)) / Math.log(n / Number(smaller.n)) : NOTHING,
      theirs: reference?.seconds ?? NOTHING,
      faster: reference ? reference.seconds / result.seconds : NOTHING,
      peak,
    });
  }
  return [
    {
      title: 'Kernel norms over cells',
      text: `Value and gradient in x on the wasm backend with ${threads} threads, float32, \`strategy: 'multiscale'\` at the default accuracy of 1e-3 and a blur of .05, beside figures for GeomLoss 0.3.1 and KeOps, which visit all pairs, on two cores (AVX2). Growth is the exponent of N against the first row of the same case. The gradient's error is that at 100 points, against sums over all points in float64; the estimate is the one that a result comes with.`,
      columns: [
        { key: 'loss', title: 'kernel', format: 'text' },
        { key: 'kind', title: 'clouds', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'runs', title: 'runs', format: 'count' },
        { key: 'seconds', title: 'seconds', format: 'digits3' },
        { key: 'growth', title: 'growth', format: 'digits3' },
        { key: 'theirs', title: 'KeOps', format: 'digits3' },
        { key: 'faster', title: 'times faster', format: 'digits3' },
        { key: 'value', title: 'value', format: 'digits4' },
        { key: 'gradientError', title: 'gradient off by', format: 'power' },
        { key: 'estimatedError', title: 'estimated error', format: 'power' },
        { key: 'firstProgress', title: 'first progress, s', format: 'digits3' },
        peakColumn,
      ],
      rows,
    },
  ];
}

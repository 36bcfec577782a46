import type { BackendChoice } from '../backends/onBackend.js';
import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { LossName } from '../tasks/lossTime.js';

export interface SizesPlan extends Repetition {
  readonly losses: readonly {
    readonly loss: LossName;
    readonly backend: BackendChoice['name'];
    readonly sizes: readonly number[];
  }[];
}

const TITLES: Record<LossName, string> = {
  sinkhorn: "sinkhornDivergence, GeomLoss's schedule at scaling .5",
  transport: 'entropic transport at blur 1: sinkhornDivergence, debias: false',
  hausdorff: 'hausdorffDivergence, tolerance 1e-3',
  energy: 'energyDistance',
  gaussian: 'gaussianMmd, blur .05',
  laplacian: 'laplacianMmd, blur .05',
};

/** Time and peak memory of the losses, against the number of points. */
export async function sizes(run: Runner, plan: SizesPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const { loss, backend, sizes } of plan.losses) {
    for (const n of sizes) {
      const { result, peak } = await run('lossTime', {
        loss,
        backend: { name: backend },
        n,
        rounds: plan.rounds,
        limit: plan.limit,
      });
      rows.push({ what: TITLES[loss], backend, n, ...result, peak });
    }
  }
  return [
    {
      title: 'Time and peak memory against N',
      text: `Value and gradient in x on the CPU reference (cpu: float64, one thread) and on the wasm backend (float32, all cores), for N points on a sphere and N in a cube (p = 2, blur .05 unless said otherwise), each row in a process of its own; seconds are the median of the runs.`,
      columns: [
        { key: 'what', title: 'what', format: 'text' },
        { key: 'backend', title: 'backend', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'reductions', title: 'reductions', format: 'count' },
        { key: 'runs', title: 'runs', format: 'count' },
        { key: 'seconds', title: 'seconds', format: 'digits3' },
        { key: 'value', title: 'value', format: 'digits8' },
        peakColumn,
      ],
      rows,
    },
  ];
}

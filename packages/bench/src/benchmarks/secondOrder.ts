import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { SecondOrderTimes } from '../tasks/secondOrderTimes.js';

export interface SecondOrderPlan {
  readonly runs: readonly SecondOrderTimes[];
}

/** Products with the Hessian beside solves. */
export async function secondOrder(run: Runner, { runs }: SecondOrderPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('secondOrderTimes', argument);
    const { n, tolerance, backend } = argument;
    const precision = backend.name === 'wasm' ? (backend.precision ?? 'float32') : 'float64';
    rows.push({ n, tolerance, backend: `${backend.name}, ${precision}`, ...result, peak });
  }
  return [
    {
      title: 'Products with the Hessian',
      text: 'One product with the Hessian of the Sinkhorn divergence, along a random direction of the points of x, beside the solve with gradients that it is of: a sphere against a cube, p = 2, blur 0.05, over all pairs and by alternating updates. Both stop at the tolerance. "of the solve" is the median of ratios of times within a round.',
      columns: [
        { key: 'n', title: 'points', format: 'count' },
        { key: 'backend', title: 'backend', format: 'text' },
        { key: 'tolerance', title: 'tolerance', format: 'digits3' },
        { key: 'solve', title: 'solve, seconds', format: 'digits3' },
        { key: 'solvePasses', title: 'passes', format: 'count' },
        { key: 'product', title: 'product, seconds', format: 'digits3' },
        { key: 'passes', title: 'its passes', format: 'count' },
        { key: 'iterations', title: 'steps', format: 'count' },
        { key: 'ratio', title: 'of the solve', format: 'digits3' },
        { key: 'smallestEigenvalue', title: 'smallest eigenvalue', format: 'digits3' },
        peakColumn,
      ],
      rows,
    },
  ];
}

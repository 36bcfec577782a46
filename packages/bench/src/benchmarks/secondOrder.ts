import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { ParameterTimes } from '../tasks/parameterTimes.js';
import type { SecondOrderTimes } from '../tasks/secondOrderTimes.js';

export interface SecondOrderPlan {
  readonly runs: readonly SecondOrderTimes[];
  readonly parameters: readonly ParameterTimes[];
}

/** Products with the Hessian beside solves, and costs that read parameters beside such with constants. */
export async function secondOrder(run: Runner, { runs, parameters }: SecondOrderPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('secondOrderTimes', argument);
    const { n, tolerance, backend } = argument;
    const precision = backend.name === 'wasm' ? (backend.precision ?? 'float32') : 'float64';
    rows.push({ n, tolerance, backend: `${backend.name}, ${precision}`, ...result, peak });
  }
  const costs: Record<string, Cell>[] = [];
  for (const argument of parameters) {
    const { result, peak } = await run('parameterTimes', argument);
    costs.push({ parameter: argument.parameter, n: argument.n, backend: argument.backend.name, ...result, peak });
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
    {
      title: 'Parameters of a cost',
      text: 'Processor time of entropic transport in three dimensions, p = 2, blur 0.2, the schedule alone, where the numbers of a cost stand in its formula, and how many times as much it takes where they are a parameter: |x - y|^2 times a number, a vector within it, and three rows of a matrix. Gradients are in both clouds, and in the parameter.',
      columns: [
        { key: 'parameter', title: 'parameter', format: 'text' },
        { key: 'n', title: 'points', format: 'count' },
        { key: 'backend', title: 'backend', format: 'text' },
        { key: 'value', title: 'value, seconds', format: 'digits3' },
        { key: 'valueRatio', title: 'with a parameter, times', format: 'digits3' },
        { key: 'gradients', title: 'with gradients, seconds', format: 'digits3' },
        { key: 'gradientsRatio', title: 'with a parameter, times', format: 'digits3' },
        peakColumn,
      ],
      rows: costs,
    },
  ];
}

import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { ParameterTimes } from '../tasks/parameterTimes.js';
import type { ProductErrors } from '../tasks/productErrors.js';
import type { SecondOrderTimes } from '../tasks/secondOrderTimes.js';

export interface SecondOrderPlan {
  readonly runs: readonly SecondOrderTimes[];
  readonly errors: readonly ProductErrors[];
  readonly parameters: readonly ParameterTimes[];
}

/** Products with the Hessian beside solves, and costs that read parameters beside such with constants. */
export async function secondOrder(run: Runner, { runs, errors, parameters }: SecondOrderPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('secondOrderTimes', argument);
    const { n, tolerance, backend } = argument;
    const precision = backend.name === 'wasm' ? (backend.precision ?? 'float32') : 'float64';
    rows.push({ n, tolerance, backend: `${backend.name}, ${precision}`, ...result, peak });
  }
  const exact: Record<string, Cell>[] = [];
  for (const argument of errors) {
    const { result, peak } = await run('productErrors', argument);
    const { n, blur, method, tolerance } = argument;
    exact.push({ n, blur, method: method === 'auto' ? "Newton's" : 'sweeps', tolerance, ...result, peak });
  }
  const costs: Record<string, Cell>[] = [];
  for (const argument of parameters) {
    const { result, peak } = await run('parameterTimes', argument);
    costs.push({ parameter: argument.parameter, n: argument.n, backend: argument.backend.name, ...result, peak });
  }
  return [
    {
      title: 'Products with the Hessian',
      text: 'Processor time of one product with the Hessian of the Sinkhorn divergence, along a random direction of the points of x, beside the solve with gradients that it is of: a sphere against a cube, p = 2, blur 0.05, over all pairs and by alternating updates. Both stop at the tolerance. "of the solve" is the median of ratios within a round.',
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
      title: 'Errors of products with the Hessian',
      text: 'How far products with the Hessian are off, relative to those of a plan and a system that are solved to rounding: a sphere against a cube that is moved by 0 to 2 along its diagonal, p = 2, along random directions of the points of x, in float64. Solve and product have one tolerance. The least and the largest error of all of them, and the passes and steps that they take.',
      columns: [
        { key: 'n', title: 'points', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'method', title: 'method', format: 'text' },
        { key: 'tolerance', title: 'tolerance', format: 'digits3' },
        { key: 'products', title: 'products', format: 'count' },
        { key: 'leastError', title: 'least error', format: 'digits3' },
        { key: 'largestError', title: 'largest', format: 'digits3' },
        { key: 'fewestPasses', title: 'fewest passes', format: 'count' },
        { key: 'mostPasses', title: 'most', format: 'count' },
        { key: 'mostIterations', title: 'most steps', format: 'count' },
        peakColumn,
      ],
      rows: exact,
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

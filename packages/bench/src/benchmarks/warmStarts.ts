import type { ProblemName } from '../clouds/problems.js';
import { median } from '../measuring/median.js';
import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';

export interface WarmStartsPlan {
  readonly n: number;
  readonly problems: readonly ProblemName[];
  readonly rates: readonly number[];
  readonly steps: number;
}

const TOLERANCE = 1e-3;

const MODES = [
  { mode: 'from nothing', start: false, target: false },
  { mode: 'target', start: false, target: true },
  { mode: 'start', start: true, target: false },
  { mode: 'start and target', start: true, target: true },
];

/** What a step of a gradient flow costs, with and without what is known from before. */
export async function warmStarts(run: Runner, { n, problems, rates, steps }: WarmStartsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const problem of problems) {
    for (const rate of rates) {
      let cold: number | undefined;
      for (const { mode, ...known } of MODES) {
        const argument = { problem, n, steps, rate, tolerance: TOLERANCE, ...known };
        const { result, peak } = await run('flowReductions', argument);
        const [first, ...later] = result;
        const each = median(later);
        cold ??= each;
        rows.push({ problem, rate, mode, first, each, worst: Math.max(...later), ratio: each / cold, peak });
      }
    }
  }
  return [
    {
      title: 'Reductions of a step of a gradient flow',
      text: `Value and gradient to a tolerance of ${TOLERANCE} in each of ${steps} steps that move ${n} points x by a rate times the gradient per unit of mass (a rate of 1 takes them about all the way), with \`solve(x, y, { start })\` given the solution of the step before, and with \`loss.target(y)\`, whose one solve of y against itself is not counted.`,
      columns: [
        { key: 'problem', title: 'problem', format: 'text' },
        { key: 'rate', title: 'rate', format: 'digits3' },
        { key: 'mode', title: 'given', format: 'text' },
        { key: 'first', title: 'first step', format: 'count' },
        { key: 'each', title: 'later steps: median', format: 'count' },
        { key: 'worst', title: 'worst', format: 'count' },
        { key: 'ratio', title: 'median against from nothing', format: 'digits3' },
        peakColumn,
      ],
      rows,
    },
  ];
}

import type { ProblemName } from '../clouds/problems.js';
import type { Repetition } from '../measuring/repeat.js';
import type { Measured, Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { Ending, GradientError } from '../tasks/gradientErrors.js';

export interface GradientErrorPlan {
  /** At which size each problem is solved to each ending. */
  readonly n: number;
  readonly problems: readonly ProblemName[];
  readonly endings: readonly Ending[];
  /** The sizes at which the time to a good gradient is measured, and the endings that are tried there. */
  readonly timed: readonly ({ readonly n: number; readonly endings: readonly Ending[] } & Repetition)[];
}

const backend = { name: 'cpu' } as const;

/** What counts as a good gradient. */
const GOOD = 0.01;

/** How good the gradient is when the solver stops, and how long a good one takes. */
export async function gradientError(run: Runner, plan: GradientErrorPlan): Promise<Table[]> {
  return [await errors(run, plan), await times(run, plan)];
}

async function errors(run: Runner, { n, problems, endings }: GradientErrorPlan): Promise<Table> {
  const rows = [];
  for (const problem of problems) {
    const { result, peak } = await run('gradientErrors', { problem, n, endings, backend, rounds: 1, limit: 0 });
    rows.push(...result.map((error) => ({ problem, ...errorCells(error), peak })));
  }
  return {
    title: 'Error of value and gradient, by tolerance',
    text: `How far the divergence and its gradient in x are from those at a marginal error of 1e-10, relative to their size, when the solver stops at a tolerance or at the end of GeomLoss's schedule (\`tolerance: null\`), between ${n} points and ${n}.`,
    columns: [
      { key: 'problem', title: 'problem', format: 'text' },
      { key: 'ending', title: 'stops at', format: 'text' },
      { key: 'reductions', title: 'reductions', format: 'count' },
      { key: 'marginalError', title: 'marginal error', format: 'power' },
      { key: 'valueError', title: 'value off by', format: 'percent' },
      { key: 'gradientError', title: 'gradient off by', format: 'percent' },
      { key: 'cosine', title: 'cosine', format: 'digits4' },
      peakColumn,
    ],
    rows,
  };
}

async function times(run: Runner, { timed }: GradientErrorPlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const each of timed) {
    rows.push(...timeRows(each.n, await run('gradientErrors', { problem: 'sphere, cube', backend, ...each })));
  }
  return {
    title: 'Time to a gradient within 1 %',
    text: `Seconds for value and gradient on the CPU reference, sphere and cube (p = 2, blur .05), at the loosest tolerance tried whose gradient is within 1 % of the true one, against GeomLoss's schedule, which gets nearer as its scaling goes to 1; seconds are medians of the runs, and ratios are to the first time at the same N.`,
    columns: [
      { key: 'n', title: 'N = M', format: 'count' },
      { key: 'ending', title: 'stops at', format: 'text' },
      { key: 'gradientError', title: 'gradient off by', format: 'percent' },
      { key: 'reductions', title: 'reductions', format: 'count' },
      { key: 'runs', title: 'runs', format: 'count' },
      { key: 'seconds', title: 'seconds', format: 'digits3' },
      { key: 'ratio', title: 'ratio', format: 'digits3' },
      peakColumn,
    ],
    rows,
  };
}

/** The first tolerance that is good enough, then the schedules. */
function timeRows(n: number, { result, peak }: Measured<GradientError[]>): Record<string, Cell>[] {
  const good = result.find(({ ending, gradientError }) => 'tolerance' in ending && gradientError <= GOOD);
  const schedules = result.filter(({ ending }) => 'scaling' in ending);
  return [...(good ? [good] : []), ...schedules].map((error) => ({
    n,
    ...errorCells(error),
    runs: error.runs,
    seconds: error.seconds,
    ratio: good ? error.seconds / good.seconds : null,
    peak,
  }));
}

const errorCells = ({ ending, reductions, marginalError, valueError, gradientError, cosine }: GradientError) => ({
  ending:
    'tolerance' in ending ? `tolerance ${ending.tolerance.toExponential()}` : `schedule, scaling ${ending.scaling}`,
  reductions,
  marginalError,
  valueError,
  gradientError,
  cosine,
});

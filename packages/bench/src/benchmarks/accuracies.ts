import type { Runner } from '../measuring/runner.js';
import type { SolutionCase } from '../references/solution.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';

export interface AccuraciesPlan {
  readonly threads: number;
  readonly runs: readonly Omit<SolutionCase, 'threads'>[];
}

/** Whether results on cells are as accurate as was asked, and as they say, on many kinds of data. */
export async function accuracies(run: Runner, { threads, runs }: AccuraciesPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const problem of runs) {
    const { result, peak } = await run('accuracyGiven', { ...problem, threads });
    const { accurate, converged, valueError, gradientError, statedValueError, statedGradientError } = result;
    rows.push({
      kind: problem.kind,
      n: problem.n,
      blur: problem.blur,
      accurate: accurate ? 'yes' : converged ? 'no' : 'no, not converged',
      valueError,
      statedValueError,
      gradientError,
      statedGradientError,
      ratio: statedGradientError / gradientError,
      cpuSeconds: result.cpuSeconds,
      peak,
    });
  }
  const accurate = rows.filter((row) => row.accurate === 'yes').length;
  const below = rows.filter(
    ({ valueError, statedValueError, gradientError, statedGradientError }) =>
      Number(statedValueError) < Number(valueError) || Number(statedGradientError) < Number(gradientError),
  ).length;
  return [
    {
      title: 'The accuracy given',
      text: `Value and gradient in x on cells at defaults, which ask for 1e-3, float32 on ${threads} threads, against a solution over all pairs in float64: the whole value, and the gradient at 2000 points, relative to its norm there. ${accurate} of ${rows.length} rows say that they are accurate; ${below} say less than their error.`,
      columns: [
        { key: 'kind', title: 'clouds', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'accurate', title: 'accurate', format: 'text' },
        { key: 'valueError', title: 'value off by', format: 'power' },
        { key: 'statedValueError', title: 'stated', format: 'power' },
        { key: 'gradientError', title: 'gradient off by', format: 'power' },
        { key: 'statedGradientError', title: 'stated', format: 'power' },
        { key: 'ratio', title: 'stated over true', format: 'digits3' },
        { key: 'cpuSeconds', title: 'CPU seconds', format: 'digits3' },
        peakColumn,
      ],
      rows,
    },
  ];
}

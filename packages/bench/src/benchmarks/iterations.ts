import type { ProblemName } from '../clouds/problems.js';
import type { Runner } from '../measuring/runner.js';
import { type MethodName, methods } from '../methods/methods.js';
import { type Cell, type Column, peakColumn, type Table } from '../report/table.js';

export interface IterationsPlan {
  readonly n: number;
  readonly problems: readonly ProblemName[];
  readonly tolerances: readonly number[];
  readonly limit: number;
}

const methodNames = Object.keys(methods) as MethodName[];

/** The reductions to a tolerance, by method. */
export async function iterations(run: Runner, plan: IterationsPlan): Promise<Table[]> {
  const rows = [];
  for (const problem of plan.problems) rows.push(...(await rowsOf(run, plan, problem)));
  const count = (key: string, title: string): Column => ({ key, title, format: 'count' });
  return [
    {
      title: 'Reductions to a tolerance, by method',
      text: `Reductions until a solver's own marginal error, the larger of the two that a sweep shows, is at most the tolerance: annealing (scaling .5) and the last update of both potentials included, for entropic transport between ${plan.n} points and ${plan.n}. Averaged is GeomLoss's loop gone on at the last temperature; alternating is Sinkhorn's; relaxed by a factor follows Thibault et al. 2021; Anderson 6 extrapolates alternating updates from 6 sweeps, with nothing to take a bad step back; library is sinkhornDivergence with \`debias: false\`, and debiased the whole divergence. More than ${plan.limit} were not tried. Peak memory is the library's.`,
      columns: [
        { key: 'problem', title: 'problem', format: 'text' },
        { key: 'tolerance', title: 'tolerance', format: 'power' },
        ...methodNames.map((name) => count(name, name)),
        count('library', 'library'),
        count('debiased', 'debiased'),
        peakColumn,
      ],
      rows,
    },
  ];
}

async function rowsOf(run: Runner, { n, tolerances, limit }: IterationsPlan, problem: ProblemName) {
  const shown = (count: number | null): Cell => (count === null ? `>${limit}` : count);
  const counts = new Map<MethodName, (number | null)[]>();
  for (const method of methodNames) {
    counts.set(method, (await run('methodReductions', { problem, n, method, tolerances, limit })).result);
  }
  const rows: Record<string, Cell>[] = [];
  for (const [k, tolerance] of tolerances.entries()) {
    const library = await run('libraryReductions', { problem, n, tolerance, limit, debias: false });
    const debiased = await run('libraryReductions', { problem, n, tolerance, limit, debias: true });
    rows.push({
      problem: problem,
      tolerance,
      ...Object.fromEntries([...counts].map(([method, found]) => [method, shown(found[k])])),
      library: shown(library.result),
      debiased: shown(debiased.result),
      peak: debiased.peak,
    });
  }
  return rows;
}

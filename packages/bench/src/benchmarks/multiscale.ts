import type { KindName } from '../clouds/kinds.js';
import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { geomloss, referenceAt } from '../references/geomloss.js';
import { type Cell, type Column, peakColumn, type Table } from '../report/table.js';
import type { MultiscaleTimes } from '../tasks/multiscaleTimes.js';

type Run = { readonly kind: KindName; readonly n: number; readonly blur: number } & Repetition;

export interface MultiscalePlan {
  readonly threads: number;
  /** By the schedule, and to the default tolerance. */
  readonly large: readonly (Run & Pick<MultiscaleTimes, 'tolerance' | 'truth'>)[];
  /** GeomLoss's multiscale runs. */
  readonly geomloss: readonly Run[];
}

const NOTHING = '–';

/** The near-linear solver on cells: large clouds, and beside GeomLoss's. */
export async function multiscale(run: Runner, plan: MultiscalePlan): Promise<Table[]> {
  return [await large(run, plan), await besideGeomloss(run, plan)];
}

const backendOf = ({ threads }: MultiscalePlan) => ({ name: 'wasm', threads }) as const;

const caseColumns: readonly Column[] = [
  { key: 'kind', title: 'clouds', format: 'text' },
  { key: 'n', title: 'N = M', format: 'count' },
  { key: 'blur', title: 'blur', format: 'digits3' },
];

async function large(run: Runner, plan: MultiscalePlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of plan.large) {
    const { result, peak } = await run('multiscaleTimes', { backend: backendOf(plan), ...argument });
    const { kind, n, blur, tolerance } = argument;
    const smaller = rows.find(
      (row) => row.kind === kind && row.blur === blur && row.tolerance === (tolerance ?? 'schedule'),
    );
    const growth = smaller && Math.log(result.seconds / Number(smaller.seconds)) / Math.log(n / Number(smaller.n));
    const { value, seconds, runs, estimatedError, marginalError, firstProgress } = result;
    rows.push({
      kind,
      n,
      blur,
      tolerance: tolerance ?? 'schedule',
      runs,
      seconds,
      growth: growth ?? NOTHING,
      value,
      marginalError,
      gradientError: result.gradientError ?? NOTHING,
      solutionError: result.solutionError ?? NOTHING,
      estimatedError,
      firstProgress,
      peak,
    });
  }
  return {
    title: 'Large clouds',
    text: `Value and gradient in x on the wasm backend with ${plan.threads} threads, float32, \`strategy: 'multiscale'\` at the default accuracy of 1e-3: by GeomLoss's schedule at scaling .5, or until the marginal error meets a tolerance. Growth is the exponent of N against the first row of the same case. The gradient's error is that at 200 points, against rows over all points in float64 with the potentials found; it holds what the tolerance leaves open. Where there is time for one, the gradient at all points is compared with a solution as well: that on cells at an accuracy of 1e-4, to a tolerance of 1e-5, in float64. The estimate is the one that a result comes with: of the cells' error, in value and gradient, against the same steps over all pairs.`,
    columns: [
      ...caseColumns,
      { key: 'tolerance', title: 'until', format: 'power' },
      { key: 'runs', title: 'runs', format: 'count' },
      { key: 'seconds', title: 'seconds', format: 'digits3' },
      { key: 'growth', title: 'growth', format: 'digits3' },
      { key: 'value', title: 'value', format: 'digits4' },
      { key: 'marginalError', title: 'marginal error', format: 'power' },
      { key: 'gradientError', title: 'gradient off by', format: 'power' },
      { key: 'solutionError', title: 'off the solution by', format: 'power' },
      { key: 'estimatedError', title: 'estimated error', format: 'power' },
      { key: 'firstProgress', title: 'first progress, s', format: 'digits3' },
      peakColumn,
    ],
    rows,
  };
}

async function besideGeomloss(run: Runner, plan: MultiscalePlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of plan.geomloss) {
    const { kind, n, blur } = argument;
    const { result, peak } = await run('multiscaleTimes', { backend: backendOf(plan), tolerance: null, ...argument });
    const reference = kind === 'sphere, cube' ? referenceAt(geomloss.multiscale, n) : referenceAt(geomloss.plane, n);
    rows.push({
      kind,
      n,
      blur,
      runs: result.runs,
      seconds: result.seconds,
      theirs: reference?.seconds ?? NOTHING,
      faster: reference ? reference.seconds / result.seconds : NOTHING,
      value: result.value,
      theirValue: reference?.value ?? NOTHING,
      estimatedError: result.estimatedError,
      peak,
    });
  }
  return {
    title: "Beside GeomLoss's multiscale backend",
    text: `Value and gradient in x by GeomLoss's schedule at scaling .5, p = 2, on ${plan.threads} threads, beside figures for GeomLoss 0.3.1 with KeOps on two cores (AVX2). In the plane at blur .01 GeomLoss gives NaN; its clouds there are others of that kind.`,
    columns: [
      ...caseColumns,
      { key: 'runs', title: 'runs', format: 'count' },
      { key: 'seconds', title: 'seconds', format: 'digits3' },
      { key: 'theirs', title: 'GeomLoss', format: 'digits3' },
      { key: 'faster', title: 'times faster', format: 'digits3' },
      { key: 'value', title: 'value', format: 'digits4' },
      { key: 'theirValue', title: 'theirs', format: 'digits4' },
      { key: 'estimatedError', title: 'estimated error', format: 'power' },
      peakColumn,
    ],
    rows,
  };
}

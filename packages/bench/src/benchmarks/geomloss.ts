import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { type Reference, referenceAt, geomloss as references } from '../references/geomloss.js';
import { truths } from '../references/truths.js';
import { type Cell, type Column, peakColumn, type Table } from '../report/table.js';

type Sized = { readonly n: number } & Repetition;

export interface GeomlossPlan {
  readonly threads: number;
  readonly schedule: readonly Sized[];
  readonly mmd: readonly Sized[];
  readonly gradient: readonly Sized[];
}

const SOURCE = 'GeomLoss 0.3.1 and KeOps, on two cores (AVX2)';
const POINTS = 'value and gradient in x between the same points on a sphere and in a cube, p = 2, blur .05';
const NOTHING = '–';

/** The wasm backend beside the figures of GeomLoss and KeOps. */
export async function geomloss(run: Runner, plan: GeomlossPlan): Promise<Table[]> {
  return [await atSchedule(run, plan), await mmds(run, plan), await toGradient(run, plan)];
}

const backendOf = ({ threads }: GeomlossPlan) => ({ name: 'wasm', threads }) as const;

const sizeColumns: readonly Column[] = [
  { key: 'n', title: 'N = M', format: 'count' },
  { key: 'runs', title: 'runs', format: 'count' },
  { key: 'seconds', title: 'seconds', format: 'digits3' },
];

/** Their seconds, and how many times ours go into them. */
const against = (reference: Reference | undefined, seconds: number) => ({
  theirs: reference?.seconds ?? NOTHING,
  faster: reference ? reference.seconds / seconds : NOTHING,
});

const valueCells = (value: number, known: number | undefined): Record<string, Cell> => ({
  value,
  theirValue: known ?? NOTHING,
  differ: known === undefined ? NOTHING : Math.abs(value / known - 1),
});

const valueColumns: readonly Column[] = [
  { key: 'value', title: 'value', format: 'digits8' },
  { key: 'theirValue', title: 'theirs', format: 'digits8' },
  { key: 'differ', title: 'differ by', format: 'power' },
];

async function atSchedule(run: Runner, plan: GeomlossPlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of plan.schedule) {
    const { result, peak } = await run('lossTime', { loss: 'sinkhorn', backend: backendOf(plan), ...argument });
    const { n } = argument;
    const online = referenceAt(references.online, n);
    const tensorized = referenceAt(references.tensorized, n);
    const overTensorized = against(tensorized, result.seconds);
    rows.push({
      n,
      ...result,
      ...against(online, result.seconds),
      tensorized: overTensorized.theirs,
      fasterThanTensorized: overTensorized.faster,
      ...valueCells(result.value, tensorized?.value ?? online?.value),
      peak,
    });
  }
  return {
    title: "GeomLoss's schedule",
    text: `Seconds for ${POINTS}, at scaling .5 with no further iteration: \`sinkhornDivergence\` with \`tolerance: null\` on the wasm backend with ${plan.threads} threads, beside figures for ${SOURCE}. Times faster than the online backend should be 6 at least.`,
    columns: [
      ...sizeColumns,
      { key: 'theirs', title: 'online', format: 'digits3' },
      { key: 'faster', title: 'times faster', format: 'digits3' },
      { key: 'tensorized', title: 'tensorized', format: 'digits3' },
      { key: 'fasterThanTensorized', title: 'times faster', format: 'digits3' },
      ...valueColumns,
      peakColumn,
    ],
    rows,
  };
}

async function mmds(run: Runner, plan: GeomlossPlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const loss of ['energy', 'gaussian', 'laplacian'] as const) {
    for (const argument of plan.mmd) {
      const { result, peak } = await run('lossTime', { loss, backend: backendOf(plan), ...argument });
      const reference = referenceAt(references[loss], argument.n);
      rows.push({
        loss,
        n: argument.n,
        ...result,
        ...against(reference, result.seconds),
        ...valueCells(result.value, reference?.value),
        peak,
      });
    }
  }
  return {
    title: 'MMDs',
    text: `Seconds for ${POINTS}: the MMDs on the wasm backend with ${plan.threads} threads, beside figures for ${SOURCE}. Their values are known to five digits.`,
    columns: [
      { key: 'loss', title: 'kernel', format: 'text' },
      ...sizeColumns,
      { key: 'theirs', title: 'KeOps', format: 'digits3' },
      { key: 'faster', title: 'times faster', format: 'digits3' },
      ...valueColumns,
      peakColumn,
    ],
    rows,
  };
}

/** The library's default. */
const TOLERANCE = 1e-3;

async function toGradient(run: Runner, plan: GeomlossPlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of plan.gradient) {
    const { result, peak } = await run('gradientErrors', {
      problem: 'sphere, cube',
      endings: [{ tolerance: TOLERANCE }],
      backend: backendOf(plan),
      ...argument,
    });
    const [{ ending: _, value, ...error }] = result;
    const truth = truths.find(({ n }) => n === argument.n);
    const scheduleError = truth?.scheduleError ?? NOTHING;
    rows.push({ n: argument.n, ...error, ...valueCells(value, truth?.value), scheduleError, peak });
  }
  return {
    title: 'Time to a good gradient',
    text: `Seconds for ${POINTS}, at the default tolerance of ${TOLERANCE} on the wasm backend with ${plan.threads} threads. The gradient is compared with that at a marginal error of 1e-10 in float64, and the value with that of an independent solver; the last column but one is how far GeomLoss's gradient is off at scaling .5. Peak memory includes the solve in float64.`,
    columns: [
      ...sizeColumns,
      { key: 'reductions', title: 'reductions', format: 'count' },
      { key: 'gradientError', title: 'gradient off by', format: 'percent' },
      { key: 'value', title: 'value', format: 'digits8' },
      { key: 'theirValue', title: 'true value', format: 'digits8' },
      { key: 'differ', title: 'off by', format: 'power' },
      { key: 'scheduleError', title: "GeomLoss's gradient off by", format: 'percent' },
      peakColumn,
    ],
    rows,
  };
}

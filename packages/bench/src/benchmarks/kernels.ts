import { kernels as all } from '../kernels/kernels.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import type { Measured, Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { FirstCallTime } from '../tasks/firstCall.js';
import { type KernelCase, kernelCases } from './kernelCases.js';

export interface KernelsPlan {
  /** The loops by hand are timed on some rows alone, against all columns. */
  readonly sizes: readonly ({ readonly n: number; readonly handRows: number } & Repetition)[];
  readonly threads: readonly ({ readonly n: number; readonly threads: number } & Repetition)[];
  /** How many processes each first call is timed in. */
  readonly firstCalls: number;
}

/** The kernels of the wasm backend: against loops by hand, on several threads, and when they are called first. */
export async function kernels(run: Runner, plan: KernelsPlan): Promise<Table[]> {
  return [await againstLoops(run, plan), await onThreads(run, plan), await firstCalls(run, plan)];
}

const caseCells = ({ kernel, dimension, precision }: KernelCase): Record<string, Cell> => ({
  kernel: all[kernel].title,
  dimension,
  precision,
});

const caseColumns = [
  { key: 'kernel', title: 'kernel', format: 'text' },
  { key: 'dimension', title: 'D', format: 'count' },
  { key: 'precision', title: 'precision', format: 'text' },
] as const;

const millionsPerSecond = (pairs: number, seconds: number): number => pairs / seconds / 1e6;

async function againstLoops(run: Runner, { sizes }: KernelsPlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  let relaxed = false;
  for (const { n, handRows, rounds, limit } of sizes) {
    for (const each of kernelCases) {
      const { kernel, dimension, precision, aim } = each;
      const backend = { name: 'wasm', precision, threads: 1 } as const;
      const { result, peak } = await run('kernelTimes', { kernel, dimension, n, handRows, backend, rounds, limit });
      relaxed ||= result.relaxedSimd;
      rows.push({
        ...caseCells(each),
        n,
        hand: millionsPerSecond(handRows * n, result.byHand),
        wasm: millionsPerSecond(n * n, result.onBackend),
        speedup: 1 / result.ratio,
        aim,
        difference: result.difference.relative,
        peak,
      });
    }
  }
  const subsets = sizes.filter(({ n, handRows }) => handRows < n).map(({ n, handRows }) => `${handRows} rows of ${n}`);
  return {
    title: 'One thread against loops by hand',
    text: `Million pairs a second of the wasm backend on one thread, and of loops written by hand in TypeScript over float64 arrays with \`Math.exp\`, over points on a sphere and in a cube of D dimensions, at a blur of .05 (times the square root of D / 3 above D = 3). Both ran in turn in one process; times faster is the median of the rounds' ratios, and the aim what it should be at least. The results' largest difference is relative to the largest result. This engine has ${relaxed ? '' : 'no '}relaxed SIMD, whose multiply-adds make kernels faster. Softmins subtract the largest score of each tile before they take exponentials; with the shift known they subtract a potential near the result, as a solver has it from the step before, in a single loop.${subsets.length > 0 ? ` The loops were timed on ${subsets.join(', ')}, against all columns.` : ''}`,
    columns: [
      ...caseColumns,
      { key: 'n', title: 'N = M', format: 'count' },
      { key: 'hand', title: 'by hand', format: 'digits3' },
      { key: 'wasm', title: 'wasm', format: 'digits3' },
      { key: 'speedup', title: 'times faster', format: 'digits3' },
      { key: 'aim', title: 'aim', format: 'digits3' },
      { key: 'difference', title: 'results differ by', format: 'power' },
      peakColumn,
    ],
    rows,
  };
}

async function onThreads(run: Runner, plan: KernelsPlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of plan.threads) {
    const { result, peak } = await run('threadTimes', argument);
    const { n, threads } = argument;
    rows.push({ n, threads, ...result, rate: millionsPerSecond(n * n, result.all), peak });
  }
  return {
    title: 'Several threads against one',
    text: 'The softmin (p = 2, D = 3, float32) over sphere and cube on one thread and on several in turn; the speedup is the median of the rounds’ ratios. The aim for two threads is 1.85.',
    columns: [
      { key: 'n', title: 'N = M', format: 'count' },
      { key: 'threads', title: 'threads', format: 'count' },
      { key: 'one', title: 'seconds on one', format: 'digits3' },
      { key: 'all', title: 'seconds on all', format: 'digits3' },
      { key: 'rate', title: 'million pairs/s on all', format: 'digits3' },
      { key: 'speedup', title: 'speedup', format: 'digits3' },
      peakColumn,
    ],
    rows,
  };
}

async function firstCalls(run: Runner, plan: KernelsPlan): Promise<Table> {
  const rows: Record<string, Cell>[] = [];
  for (const each of kernelCases) {
    const { kernel, dimension, precision } = each;
    const runs: Measured<FirstCallTime>[] = [];
    for (let round = 0; round < plan.firstCalls; round++) {
      runs.push(await run('firstCall', { kernel, dimension, backend: { name: 'wasm', precision } }));
    }
    const milliseconds = (of: (times: FirstCallTime) => number) => 1000 * median(runs.map(({ result }) => of(result)));
    rows.push({
      ...caseCells(each),
      start: milliseconds(({ start }) => start),
      first: milliseconds(({ first }) => first),
      making: milliseconds(({ making }) => making),
      makingNext: milliseconds(({ makingNext }) => makingNext),
      peak: median(runs.map(({ peak }) => peak)),
    });
  }
  return {
    title: 'The first call',
    text: `Milliseconds, on all cores: from the call of \`wasm()\` to a backend, and for the first reduction of a process, over 8 points and 8. What it takes longer than the second is the time to generate and compile its kernel; the last but one column is that for one more formula, the same in D + 1 dimensions, when the code that generates kernels has run before. Both should be below 10. Medians of ${plan.firstCalls} processes each.`,
    columns: [
      ...caseColumns,
      { key: 'start', title: 'start', format: 'digits3' },
      { key: 'first', title: 'first reduction', format: 'digits3' },
      { key: 'making', title: 'of it to make the kernel', format: 'digits3' },
      { key: 'makingNext', title: 'to make the next one', format: 'digits3' },
      peakColumn,
    ],
    rows,
  };
}

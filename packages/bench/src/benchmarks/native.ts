import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';

export interface NativePlan {
  readonly n: number;
  readonly rounds: number;
}

const PROGRAMS = [
  { exponential: 'polynomial', vectors: '128 bits (SSE4.2)', flags: ['-msse4.2', '-DPOLYNOMIAL'] },
  { exponential: "the C library's", vectors: '128 bits (SSE4.2)', flags: ['-msse4.2'] },
  { exponential: 'polynomial', vectors: "all the processor's", flags: ['-march=native', '-DPOLYNOMIAL'] },
  { exponential: "the C library's", vectors: "all the processor's", flags: ['-march=native'] },
];

/** The softmin in C against the wasm backend: how far its kernel is from what the machine can do. */
export async function native(run: Runner, { n, rounds }: NativePlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  const rate = (seconds: number) => n ** 2 / seconds / 1e6;
  for (const { exponential, vectors, flags } of PROGRAMS) {
    const { result } = await run('nativeTimes', { n, flags: ['-O3', '-ffast-math', ...flags], rounds });
    const cells =
      typeof result === 'string'
        ? { native: result, wasm: '–', fraction: '–', difference: '–', peak: '–' }
        : {
            native: rate(result.native),
            wasm: rate(result.wasm),
            fraction: result.fraction,
            difference: result.difference.relative,
            peak: result.nativePeak,
          };
    rows.push({ vectors, exponential, n, ...cells });
  }
  return [
    {
      title: 'The softmin in C',
      text: `Million pairs a second for the softmin (p = 2, D = 3, float32) over sphere and cube, on one thread: as loops in C (\`native/softmin.c\`, by \`gcc -O3 -ffast-math\`, which turns them into vector code), and on the wasm backend; the two ran in turn, ${rounds} times. WebAssembly has vectors of 128 bits, so the first rows are the ceiling for it. The exponential is a polynomial of degree 5, as in the backend, or the C library's. Peak memory is the whole native process's.`,
      columns: [
        { key: 'vectors', title: 'vectors', format: 'text' },
        { key: 'exponential', title: 'exponential', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'native', title: 'C', format: 'digits3' },
        { key: 'wasm', title: 'wasm', format: 'digits3' },
        { key: 'fraction', title: 'wasm reaches', format: 'percent' },
        { key: 'difference', title: 'results differ by', format: 'power' },
        peakColumn,
      ],
      rows,
    },
  ];
}

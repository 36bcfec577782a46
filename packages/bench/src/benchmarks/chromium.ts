import { kernels } from '../kernels/kernels.js';
import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import { kernelCases } from './kernelCases.js';

export interface ChromiumPlan extends Repetition {
  readonly n: number;
}

/** How many times faster than the loop the softmin in three dimensions should be where there is relaxed SIMD. */
const RELAXED_AIM = 17;

/** The kernels of the wasm backend in a browser, whose engine has relaxed SIMD. */
export async function chromium(run: Runner, { n, ...repetition }: ChromiumPlan): Promise<Table[]> {
  const cases = kernelCases.filter(({ dimension, precision }) => dimension === 3 && precision === 'float32');
  const { result, peak } = await run(
    'pageKernelTimes',
    cases.map(({ kernel, dimension, precision }) => ({
      kernel,
      dimension,
      n,
      handRows: n,
      backend: { name: 'wasm', precision, threads: 1 } as const,
      ...repetition,
    })),
  );
  const rows = cases.map(({ kernel, aim }, index): Record<string, Cell> => {
    const { byHand, onBackend, ratio, relaxedSimd } = result[index];
    return {
      kernel: kernels[kernel].title,
      n,
      hand: n ** 2 / byHand / 1e6,
      wasm: n ** 2 / onBackend / 1e6,
      speedup: 1 / ratio,
      aim: kernel === 'softmin' && relaxedSimd ? RELAXED_AIM : aim,
      peak,
    };
  });
  const relaxed = result.every(({ relaxedSimd }) => relaxedSimd);
  return [
    {
      title: 'One thread in a page',
      text: `The same kernels (D = 3, float32) against the same loops by hand, bundled and minified, in a page of ${result[0].browser} without a window, which has ${relaxed ? '' : 'no '}relaxed SIMD. Peak memory is that of the process that drives the browser.`,
      columns: [
        { key: 'kernel', title: 'kernel', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'hand', title: 'by hand', format: 'digits3' },
        { key: 'wasm', title: 'wasm', format: 'digits3' },
        { key: 'speedup', title: 'times faster', format: 'digits3' },
        { key: 'aim', title: 'aim', format: 'digits3' },
        peakColumn,
      ],
      rows,
    },
  ];
}

import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { WebglTimes } from '../tasks/webglTimes.js';

export interface WebglPlan {
  readonly modes: readonly WebglTimes['mode'][];
  readonly softmin: readonly (Repetition & { readonly n: number })[];
  readonly divergence: readonly (Repetition & { readonly n: number })[];
}

/** How many times faster than what one would write with gpu.js the backend should be. */
const AIMS = { softmin: 1.5, divergence: 3 } as const;

/** The gpujs backend in a page, against kernels of gpu.js by hand, and beside webgpu on the same adapter. */
export async function webgl(run: Runner, plan: WebglPlan): Promise<Table[]> {
  const tables: Table[] = [];
  for (const work of ['softmin', 'divergence'] as const) {
    const all: WebglTimes[] = plan.modes.flatMap((mode) => plan[work].map((size) => ({ work, mode, ...size })));
    const { result, peak } = await run('pageWebglTimes', all);
    const rows = all.map(({ mode, n }, index): Record<string, Cell> => {
      const { backend, naive, naiveRatio, webgpuRatio, difference } = result[index];
      return {
        mode,
        n,
        naive,
        backend,
        speedup: naiveRatio,
        aim: AIMS[work],
        webgpu: webgpuRatio === undefined ? 'none here' : webgpuRatio,
        difference,
        peak,
      };
    });
    const what =
      work === 'softmin'
        ? 'A softmin (D = 3, p = 2) with its result read'
        : 'The value of a Sinkhorn divergence (D = 3, p = 2, blur 0.05) along the schedule of scaling 0.5, with every softmin of the kernels by hand read back,';
    tables.push({
      title: work === 'softmin' ? 'One softmin' : 'A whole Sinkhorn divergence',
      text: `${what} in a minified bundle, in a page of Chromium without a window, on ${result[0].device.replace(/^\w+ on /, '')}. By hand: a kernel of gpu.js with two loops, in the same mode, in turn with the backend. The last ratio is the time of webgpu on the same adapter over that of the backend. Peak memory is that of the process that drives the browser.`,
      columns: [
        { key: 'mode', title: 'mode', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'naive', title: 'by hand, s', format: 'digits3' },
        { key: 'backend', title: 'gpujs, s', format: 'digits3' },
        { key: 'speedup', title: 'times faster', format: 'digits3' },
        { key: 'aim', title: 'aim', format: 'digits3' },
        { key: 'webgpu', title: 'webgpu / gpujs', format: 'digits3' },
        { key: 'difference', title: 'differ by', format: 'power' },
        peakColumn,
      ],
      rows,
    });
  }
  return tables;
}

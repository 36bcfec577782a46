import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { ExactTimes } from '../tasks/exactTimes.js';
import type { SliceThreadTimes } from '../tasks/sliceThreadTimes.js';

export interface ExactPlan {
  readonly runs: readonly ExactTimes[];
  readonly onThreads: readonly SliceThreadTimes[];
}

/** Exact transport on the line, a circle, along slices and between few points. */
export async function exact(run: Runner, { runs, onThreads }: ExactPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result, peak } = await run('exactTimes', argument);
    rows.push({ loss: argument.loss, n: argument.n, dimension: argument.dimension, ...result, peak });
  }
  const threadRows: Record<string, Cell>[] = [];
  for (const argument of onThreads) {
    const { n, dimension, directions } = argument;
    const { result, peak } = await run('sliceThreadTimes', argument);
    threadRows.push({ n, dimension, directions, ...result, peak });
  }
  return [
    {
      title: 'Exact transport',
      text: 'Uniform points of a cube against as many of one moved by a tenth, with unequal weights, p = 2, in float64 on one thread: `transportOnLine` without and with a period of 1, `slicedWasserstein` along 128 directions, `exactTransport`. "sorts" is the time of sorting both clouds as plain numbers by `Float64Array.prototype.sort`, for slices 128 times; it ran in turn with the others in the same process, and "in sorts" is the median of the rounds\' ratios. "C++" is the processor time of a network simplex in C++ with the costs at hand (`native/networkSimplex.cpp`, by `g++ -O3 -march=native`), which begins as those of graph libraries do: in place of `emd2` of POT, which is one.',
      columns: [
        { key: 'loss', title: 'transport', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'dimension', title: 'D', format: 'count' },
        { key: 'runs', title: 'runs', format: 'count' },
        { key: 'seconds', title: 'value, seconds', format: 'digits3' },
        { key: 'withGradients', title: 'with gradients, seconds', format: 'digits3' },
        { key: 'sorts', title: 'sorts, seconds', format: 'digits3' },
        { key: 'inSorts', title: 'in sorts', format: 'digits3' },
        { key: 'native', title: 'C++, seconds', format: 'digits3' },
        { key: 'inNative', title: 'in C++', format: 'digits3' },
        { key: 'difference', title: 'values differ by', format: 'power' },
        peakColumn,
      ],
      rows,
    },
    {
      title: 'Slices on threads',
      text: "`slicedWasserstein` with gradients on one thread and with `threads`, which were there from a call before. Both ran in turn in the same process; the speedup is the median of the rounds' ratios.",
      columns: [
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'dimension', title: 'D', format: 'count' },
        { key: 'directions', title: 'directions', format: 'count' },
        { key: 'threads', title: 'threads', format: 'count' },
        { key: 'one', title: 'on one, seconds', format: 'digits3' },
        { key: 'all', title: 'on all, seconds', format: 'digits3' },
        { key: 'speedup', title: 'times faster', format: 'digits3' },
        { key: 'sameBits', title: 'same bits', format: 'text' },
        peakColumn,
      ],
      rows: threadRows,
    },
  ];
}

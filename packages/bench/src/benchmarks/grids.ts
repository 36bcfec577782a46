import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { BarycenterTimes } from '../tasks/barycenterTimes.js';
import type { GridTimes } from '../tasks/gridTimes.js';
import type { HeatMapTimes } from '../tasks/heatMapTimes.js';

export interface GridsPlan {
  readonly runs: readonly GridTimes[];
  readonly heatMaps: readonly HeatMapTimes[];
  readonly barycenters: readonly BarycenterTimes[];
}

/** Softmins and divergences of grids, along their axes, and barycenters. */
export async function grids(run: Runner, { runs, heatMaps, barycenters }: GridsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const argument of runs) {
    const { result } = await run('gridTimes', argument);
    const { peak } = await run('gridMemory', argument);
    const { shape, blur, tolerance, cost = 'squares', backend } = argument;
    const precision = backend.name === 'wasm' ? (backend.precision ?? 'float32') : 'float64';
    const grid = shape.join(' x ');
    const images = (1e6 * peak) / (4 * shape.reduce((product, length) => product * length, 1));
    rows.push({ grid, cost, blur, tolerance, backend: `${backend.name}, ${precision}`, ...result, images, peak });
  }
  const warm: Record<string, Cell>[] = [];
  for (const argument of heatMaps) {
    const { result, peak } = await run('heatMapTimes', argument);
    warm.push({ grid: `${argument.size} x ${argument.size}`, blur: argument.blur, ...result, peak });
  }
  const means: Record<string, Cell>[] = [];
  for (const argument of barycenters) {
    const { result, peak } = await run('barycenterTimes', argument);
    const { measures, size, blur, tolerance } = argument;
    means.push({ measures, grid: `${size} x ${size}`, blur, tolerance, ...result, peak });
  }
  return [
    {
      title: 'Grids',
      text: 'One softmin along the axes of a grid beside the one over all pairs of its nodes on the same backend and threads, which is extrapolated from its rate at 65,536 nodes where there are more; then the Sinkhorn divergence of two blobs with a texture of single pixels, p = 2, with its gradient in the masses, by the defaults but for blur and tolerance; the cost is half squared distances, or Manhattan\'s distance. Blurs are in nodes. "than lines" is how much faster the backend\'s own way along an axis is than a reduction a line, "in dense softmins" the time of the divergence over that of one softmin over all pairs, "in images" the peak memory of a process that computes the divergence alone, over 4 bytes a node.',
      columns: [
        { key: 'grid', title: 'grid', format: 'text' },
        { key: 'cost', title: 'cost', format: 'text' },
        { key: 'backend', title: 'backend', format: 'text' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'softmin', title: 'softmin, seconds', format: 'digits3' },
        { key: 'inLines', title: 'times faster than lines', format: 'digits3' },
        { key: 'dense', title: 'over pairs, seconds', format: 'digits3' },
        { key: 'faster', title: 'times faster', format: 'digits3' },
        { key: 'divergence', title: 'divergence, seconds', format: 'digits3' },
        { key: 'inDense', title: 'in dense softmins', format: 'digits3' },
        { key: 'iterations', title: 'sweeps', format: 'count' },
        { key: 'marginalError', title: 'marginal error', format: 'digits3' },
        { key: 'converged', title: 'converged', format: 'text' },
        { key: 'images', title: 'in images', format: 'digits3' },
        peakColumn,
      ],
      rows,
    },
    {
      title: 'Heat maps',
      text: 'The Sinkhorn divergence of two heat maps with its gradients, p = 2, to a marginal error of 1e-3, as grids and as clouds of the pixels that are warm, over cells (`strategy: "multiscale"`). Both ran in turn in the same process. Blurs are in pixels.',
      columns: [
        { key: 'grid', title: 'grid', format: 'text' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'warm', title: 'warm pixels', format: 'text' },
        { key: 'onGrid', title: 'as grids, seconds', format: 'digits3' },
        { key: 'cells', title: 'as clouds, seconds', format: 'digits3' },
        { key: 'faster', title: 'times faster', format: 'digits3' },
        { key: 'difference', title: 'values differ by', format: 'power' },
        { key: 'accurate', title: 'accurate', format: 'text' },
        peakColumn,
      ],
      rows: warm,
    },
    {
      title: 'Barycenters on grids',
      text: "The barycenter of measures on a grid, to a gap relative to the objective, in float64; beside it the softmins of 200 of Janati's iterations on the same backend. Blurs are in nodes.",
      columns: [
        { key: 'measures', title: 'measures', format: 'text' },
        { key: 'grid', title: 'grid', format: 'text' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'tolerance', title: 'gap wanted', format: 'digits3' },
        { key: 'seconds', title: 'seconds', format: 'digits3' },
        { key: 'janati', title: "200 of Janati's, seconds", format: 'digits3' },
        { key: 'gap', title: 'gap', format: 'digits3' },
        { key: 'evaluations', title: 'evaluations', format: 'count' },
        { key: 'converged', title: 'converged', format: 'text' },
        peakColumn,
      ],
      rows: means,
    },
  ];
}

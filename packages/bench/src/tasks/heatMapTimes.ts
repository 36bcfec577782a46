import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { uniformDraw } from '../clouds/counterDraws.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

export interface HeatMapTimes extends Repetition {
  /** Pixels a side. */
  readonly size: number;
  /** In pixels. */
  readonly blur: number;
  readonly tolerance: number;
  readonly backend: BackendChoice;
}

/** Some warm spots on a plane of which half is cold: masses that add up to 1. */
function heatMap(size: number, seed: number): Float64Array {
  const spots = Array.from({ length: 8 }, (_, k) => [0, 1].map((axis) => uniformDraw(seed, 2 * k + axis)));
  const heat = Float64Array.from({ length: size ** 2 }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / size) / size, (pixel % size) / size];
    const warmth = spots.reduce((sum, [y, x]) => sum + Math.exp(-((row - y) ** 2 + (column - x) ** 2) / 0.01), 0);
    return Math.max(0, warmth - 0.1);
  });
  const total = heat.reduce((sum, value) => sum + value, 0);
  return heat.map((value) => value / total);
}

/** Times the divergence of two heat maps with its gradients, as grids and as clouds of the pixels that are warm. */
export const heatMapTimes = ({ size, blur, tolerance, backend: choice, ...repetition }: HeatMapTimes) =>
  onBackend(choice, async (backend) => {
    const maps = [heatMap(size, 1), heatMap(size, 2)];
    const grids = maps.map((grid) => ({ grid, shape: [size, size] as const, spacing: 1 }));
    const clouds = maps.map((heat) => {
      const warm = Array.from(heat.keys()).filter((pixel) => heat[pixel] > 0);
      const points = warm.flatMap((pixel) => [Math.floor(pixel / size), pixel % size]);
      return { points, dimension: 2, weights: warm.map((pixel) => heat[pixel]) };
    });
    const options = { backend, blur, tolerance, onInaccurate: 'ignore' } as const;
    const [onGrid, onCells] = [sinkhornDivergence(options), sinkhornDivergence({ ...options, strategy: 'multiscale' })];
    // What solves over cells is loaded before.
    await onCells.value([[0, 0]], [[1, 1]]);
    const { grid, cells } = inTurn(repetition, {
      grid: () => onGrid.valueAndGradientsSync(grids[0], grids[1]),
      cells: () => onCells.valueAndGradientsSync(clouds[0], clouds[1]),
    });
    return {
      warm: clouds.map(({ weights }) => weights.length).join(' and '),
      onGrid: median(grid.seconds),
      cells: median(cells.seconds),
      faster: timeRatio(cells, grid),
      difference: Math.abs(Number(cells.result.value) / Number(grid.result.value) - 1),
      accurate: [grid, cells].map(({ result }) => (result.diagnostics.accurate ? 'yes' : 'no')).join(', '),
    };
  });

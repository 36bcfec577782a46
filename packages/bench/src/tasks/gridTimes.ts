import { powerCost, runSync } from '@sinkhorn/core';
import { pairwise, workspace } from '@sinkhorn/core/extend';
import { checkGrid, separable } from '@sinkhorn/core/grids';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { uniformDraw } from '../clouds/counterDraws.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import { timed } from '../measuring/timed.js';

export interface GridTimes extends Repetition {
  readonly shape: readonly number[];
  /** In nodes. */
  readonly blur: number;
  readonly tolerance: number;
  readonly backend: BackendChoice;
}

/** Nodes that the softmin over all pairs is timed on; more are extrapolated from its rate. */
const MOST_DENSE = 2 ** 16;

/** A blob with a texture of single nodes. */
function image(shape: readonly number[], place: number, seed: number): Float64Array {
  const count = shape.reduce((product, length) => product * length, 1);
  const masses = Float64Array.from({ length: count }, (_, node) => {
    let [left, squared] = [node, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      squared += ((left % shape[axis]) / shape[axis] - place) ** 2;
      left = Math.floor(left / shape[axis]);
    }
    return Math.exp(-squared / 0.02) + 1e-3 * uniformDraw(seed, node);
  });
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / total);
}

/** Times a softmin of a grid along its axes beside that over pairs of nodes, and the whole divergence with its gradient. */
export const gridTimes = ({ shape, blur, tolerance, backend: choice, rounds, limit }: GridTimes) =>
  onBackend(choice, (backend) => {
    const count = shape.reduce((product, length) => product * length, 1);
    const axes = shape.map((length) => Float64Array.from({ length }, (_, k) => k));
    const space = workspace(backend);
    const upload = (values: ArrayLike<number>, size: number) => space.upload(values, [values.length / size, size]);
    try {
      const grid = separable({ space, cost: powerCost(2), from: axes, to: axes });
      const columns = { logWeights: upload(new Float64Array(count), 1), potential: upload(new Float64Array(count), 1) };
      const softmin = () => {
        const found = grid.softmin(columns, blur ** 2);
        backend.readSync(found);
        space.release(found);
      };
      softmin();
      const seconds: number[] = [];
      for (let round = 0, spent = 0; round < rounds && (round === 0 || spent <= limit); round++) {
        seconds.push(timed(softmin).seconds);
        spent += seconds[round];
      }
      const nodes = Math.min(count, MOST_DENSE);
      const { points } = runSync(checkGrid('x', { grid: new Float64Array(count).fill(1), shape, spacing: 1 }));
      const some = { dimension: shape.length, points: upload(points.subarray(0, nodes * shape.length), shape.length) };
      const dense = pairwise({ space, cost: powerCost(2), from: some, to: some });
      const few = { logWeights: upload(new Float64Array(nodes), 1), potential: upload(new Float64Array(nodes), 1) };
      const overPairs = timed(() => backend.readSync(dense.softmin(few, blur ** 2))).seconds * (count / nodes) ** 2;
      space.releaseAll();
      const loss = sinkhornDivergence({ backend, blur, tolerance });
      const [x, y] = [image(shape, 0.3, 1), image(shape, 0.6, 2)].map((masses) => ({
        grid: masses,
        shape,
        spacing: 1,
      }));
      const solved = timed(() => loss.valueAndGradientsSync(x, y));
      const { marginalError, converged, iterations } = solved.result.diagnostics;
      const along = median(seconds);
      return {
        softmin: along,
        dense: overPairs,
        faster: overPairs / along,
        divergence: solved.seconds,
        inDense: solved.seconds / overPairs,
        iterations,
        marginalError,
        converged: converged ? 'yes' : 'no',
      };
    } finally {
      space.releaseAll();
    }
  });

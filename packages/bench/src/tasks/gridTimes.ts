import { type Backend, type Cost, formula, powerCost, runSync } from '@sinkhorn/core';
import { pairwise, workspace } from '@sinkhorn/core/extend';
import { axisCost, checkGrid, separable } from '@sinkhorn/core/grids';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend, type ReadableBackend } from '../backends/onBackend.js';
import { uniformDraw } from '../clouds/counterDraws.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import { timed } from '../measuring/timed.js';

export interface GridTimes extends Repetition {
  readonly shape: readonly number[];
  /** In nodes. */
  readonly blur: number;
  readonly tolerance: number;
  /** The cost: half squared distances, or Manhattan's distance. Default 'squares'. */
  readonly cost?: 'squares' | 'manhattan';
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

/** A softmin of a grid along its axes, to be repeated. */
function softmins(backend: Backend, shape: readonly number[], p: number, blur: number) {
  const axes = shape.map((length) => Float64Array.from({ length }, (_, k) => k));
  const count = shape.reduce((product, length) => product * length, 1);
  const space = workspace(backend);
  const grid = separable({ space, cost: axisCost(p), from: axes, to: axes });
  const zeros = () => space.upload(new Float64Array(count), [count, 1]);
  const columns = { logWeights: zeros(), potential: zeros() };
  return {
    run() {
      const found = grid.softmin(columns, blur ** p);
      backend.readSync?.(found);
      space.release(found);
    },
    end: () => space.releaseAll(),
  };
}

/** The divergence of two images and its gradient. */
function divergence(
  backend: ReadableBackend,
  { shape, blur, tolerance, cost }: Omit<GridTimes, keyof Repetition | 'backend'>,
) {
  const metric = cost === 'manhattan' ? { p: 1 as const, metric: cost } : {};
  const loss = sinkhornDivergence({ backend, ...metric, blur, tolerance });
  const [x, y] = [image(shape, 0.3, 1), image(shape, 0.6, 2)].map((grid) => ({ grid, shape, spacing: 1 }));
  return loss.valueAndGradientsSync(x, y);
}

/** Computes the divergence and nothing else, for the memory that it takes. */
export const gridMemory = ({ backend: choice, ...given }: GridTimes) =>
  onBackend(choice, (backend) => ({ value: divergence(backend, given).value as number }));

/** Times a softmin of a grid along its axes beside that over pairs of nodes, and the whole divergence with its gradient. */
export const gridTimes = ({ shape, blur, tolerance, cost = 'squares', backend: choice, rounds, limit }: GridTimes) =>
  onBackend(choice, (backend) => {
    const p = cost === 'squares' ? 2 : 1;
    const ofPairs: Cost = p === 2 ? powerCost(2) : (x, y) => formula.sum(formula.abs(formula.sub(x, y)));
    const count = shape.reduce((product, length) => product * length, 1);
    const softmin = softmins(backend, shape, p, blur);
    const lines = softmins(
      { ...backend, logSumExpAlongAxis: undefined, logSumExpByDistance: undefined },
      shape,
      p,
      blur,
    );
    const space = workspace(backend);
    const upload = (values: ArrayLike<number>, size: number) => space.upload(values, [values.length / size, size]);
    try {
      const times = inTurn({ rounds, limit }, { softmin: softmin.run, lines: lines.run });
      softmin.end();
      lines.end();
      const nodes = Math.min(count, MOST_DENSE);
      const { points } = runSync(checkGrid('x', { grid: new Float64Array(count).fill(1), shape, spacing: 1 }));
      const some = { dimension: shape.length, points: upload(points.subarray(0, nodes * shape.length), shape.length) };
      const dense = pairwise({ space, cost: ofPairs, from: some, to: some });
      const few = { logWeights: upload(new Float64Array(nodes), 1), potential: upload(new Float64Array(nodes), 1) };
      const overPairs = timed(() => backend.readSync(dense.softmin(few, blur ** p))).seconds * (count / nodes) ** 2;
      space.releaseAll();
      const solved = timed(() => divergence(backend, { shape, blur, tolerance, cost }));
      const { marginalError, converged, iterations } = solved.result.diagnostics;
      const seconds = median(times.softmin.seconds);
      return {
        softmin: seconds,
        inLines: 1 / timeRatio(times.softmin, times.lines),
        dense: overPairs,
        faster: overPairs / seconds,
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

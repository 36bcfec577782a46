import { type Backend, type CheckedMeasure, checkMeasure, runAsync } from '@sinkhorn/core';
import { type InnerSolution, type InnerSolves, innerOptions, solveInner } from '@sinkhorn/core/free-barycenter';
import type { Cloud } from './cloudBytes.js';
import { cut } from './cut.js';
import type { Numerics } from './numerics.js';
import type { Steps } from './steps.js';
import type { InnerTile } from './tile.js';
import type { TileResult } from './tileResult.js';

type Potentials = InnerSolution['iterates'];

/** How long each list of numbers is that an inner problem gives, in the order of a result. */
const lengthsOf = (count: number, dimension: number, other: number, debias: boolean) =>
  [3, count * dimension, count, other, ...(debias ? [count, other] : [])] as const;

/** Computes an inner problem of a barycenter whose points move. */
export async function runInner(
  { blur, reach = Number.POSITIVE_INFINITY, debias, tolerance, clouds }: InnerTile,
  backend: Backend,
  cloud: (index: number) => Promise<Cloud>,
): Promise<TileResult> {
  const [x, y] = [checkMeasure('x', await cloud(0)), checkMeasure('y', await cloud(1))];
  const lengths = lengthsOf(x.count, x.dimension, y.count, debias);
  const start = clouds.length > 2 ? potentialsOf((await cloud(2)).points, lengths.slice(2)) : undefined;
  const options = innerOptions({ blur, reach, debias }, tolerance);
  const { value, marginalError, reductions, gradient, iterates } = await runAsync(
    solveInner(backend, x, y, options, start),
  );
  const { f_ba, g_ab, f_aa, g_bb } = iterates;
  const lists = [[value, marginalError, reductions], gradient, f_ba, g_ab, ...(debias ? [f_aa ?? [], g_bb ?? []] : [])];
  return { values: Float64Array.from(lists.flatMap((list) => [...list])), accurate: [] };
}

/** Has the inner problems of each step solved as tiles, one for each measure. */
export function innerSolvesOn(steps: Steps, numerics: Numerics): InnerSolves {
  return function* (x, ys, { blur, reach, debias, tolerance }, starts) {
    let results: readonly TileResult[] = [];
    const solve = async () => {
      results = await steps.run((name) => {
        const ofX = name('x', cloudFrom(x));
        return ys.map((y, k): InnerTile => {
          const ofY = name('y', cloudFrom(y));
          const start = starts && name('start', { points: joined(starts[k], debias), dimension: 1 });
          return {
            kind: 'inner',
            numerics,
            clouds: start === undefined ? [ofX, ofY] : [ofX, ofY, start],
            blur,
            ...((reach.x as number) < Number.POSITIVE_INFINITY && { reach: reach.x as number }),
            debias,
            tolerance: tolerance as number,
          };
        });
      });
    };
    yield { type: 'load', start: solve };
    return results.map(({ values }, k) => {
      const lengths = lengthsOf(x.count, x.dimension, ys[k].count, debias);
      const [[value, marginalError, reductions], gradient] = cut(values, lengths);
      return {
        value,
        marginalError,
        reductions,
        gradient,
        iterates: potentialsOf(values, lengths.slice(2), lengths[0] + lengths[1]),
      };
    });
  };
}

const cloudFrom = ({ points, dimension, weights }: CheckedMeasure): Cloud => ({
  points: Float64Array.from(points),
  dimension,
  weights: Float64Array.from(weights),
});

const joined = ({ f_ba, g_ab, f_aa, g_bb }: Potentials, debias: boolean): Float64Array =>
  Float64Array.from([f_ba, g_ab, ...(debias ? [f_aa ?? [], g_bb ?? []] : [])].flatMap((list) => [...list]));

function potentialsOf(values: ArrayLike<number>, lengths: readonly number[], from = 0): Potentials {
  const [f_ba, g_ab, f_aa, g_bb] = cut(Float64Array.from(values).subarray(from), lengths);
  return { f_ba, g_ab, ...(f_aa && { f_aa, g_bb }) };
}

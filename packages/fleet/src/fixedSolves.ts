import { checkMeasure, runAsync } from '@sinkhorn/core';
import { type HostInnerSolves, solveInnerAlone } from '@sinkhorn/core/barycenter-newton';
import type { Cloud } from './cloudBytes.js';
import { cut } from './cut.js';
import type { Numerics } from './numerics.js';
import type { Steps } from './steps.js';
import type { FixedTile } from './tile.js';
import type { TileResult } from './tileResult.js';

/** How long each list of numbers is that an inner problem gives, in the order of a result. */
const lengthsOf = (nodes: number, weights: ArrayLike<number>) =>
  [2, nodes, Array.from(weights).filter((weight) => weight > 0).length] as const;

/** Computes an inner problem of a barycenter on a fixed support. */
export async function runFixed(
  { p, blur, reach = Number.POSITIVE_INFINITY, diameter, mass, clouds }: FixedTile,
  cloud: (index: number) => Promise<Cloud>,
): Promise<TileResult> {
  const [support, y] = [checkMeasure('x', await cloud(0)), checkMeasure('y', await cloud(1))];
  const [, , length] = lengthsOf(support.count, y.weights);
  const [near] = clouds.length > 2 ? cut(Float64Array.from((await cloud(2)).points), [length]) : [];
  const given = { p, blur, reach, diameter, support };
  const measure = { ...y, masses: Float64Array.of(mass) };
  const shares = Float64Array.from(support.weights);
  const { f, g, marginalError, passes } = await runAsync(solveInnerAlone(given, shares, measure, near));
  return { values: Float64Array.from([marginalError, passes, ...f, ...g]), accurate: [] };
}

/** Has the inner problems of each evaluation solved as tiles, one for each measure. */
export function fixedSolvesOn(steps: Steps, numerics: Numerics): HostInnerSolves {
  return function* ({ p, blur, reach, diameter, support, measures }, shares, near) {
    let results: readonly TileResult[] = [];
    const { points, dimension } = support;
    const solve = async () => {
      results = await steps.run((name) => {
        const ofX = name('x', { points: Float64Array.from(points), dimension, weights: shares });
        return measures.map((y, k): FixedTile => {
          const cloud = { points: Float64Array.from(y.points), dimension, weights: Float64Array.from(y.weights) };
          const ofY = name('y', cloud);
          const start = near && name('start', { points: near[k], dimension: 1 });
          return {
            kind: 'fixed',
            numerics,
            clouds: start === undefined ? [ofX, ofY] : [ofX, ofY, start],
            p,
            blur,
            ...(reach < Number.POSITIVE_INFINITY && { reach }),
            diameter,
            mass: y.masses[0],
          };
        });
      });
    };
    yield { type: 'load', start: solve };
    return results.map(({ values }, k) => {
      const [[marginalError, passes], f, g] = cut(values, lengthsOf(support.count, measures[k].weights));
      return { marginalError, passes, f, g };
    });
  };
}

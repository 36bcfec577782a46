import { type Backend, type CheckedMeasure, checkMeasure, runAsync, type StopSignal } from '@sinkhorn/core';
import { type InnerSolution, type InnerSolves, innerOptions, solveInner } from '@sinkhorn/core/free-barycenter';
import { sha256 } from './canonical.js';
import type { Channel } from './channel.js';
import { type Cloud, cloudBytes } from './cloudBytes.js';
import { FleetError } from './errors.js';
import { runTiles } from './runTiles.js';
import { type InnerTile, tileId } from './tile.js';
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
export function innerSolvesOn(channel: Channel, signal: StopSignal | undefined): InnerSolves {
  return function* (x, ys, { blur, reach, debias, tolerance }, starts) {
    let found: InnerSolution[] = [];
    const solve = async () => {
      const bytes = new Map<string, Uint8Array>();
      const named = (name: string, cloud: Cloud) => {
        const blob = cloudBytes(name, cloud);
        const hash = sha256(blob);
        bytes.set(hash, blob);
        return hash;
      };
      const ofX = named('x', cloudFrom(x));
      const tiles = ys.map((y, k): InnerTile => {
        const ofY = named('y', cloudFrom(y));
        const start = starts && named('start', { points: joined(starts[k], debias), dimension: 1 });
        return {
          kind: 'inner',
          numerics: channel.numerics,
          clouds: start === undefined ? [ofX, ofY] : [ofX, ofY, start],
          blur,
          ...((reach.x as number) < Number.POSITIVE_INFINITY && { reach: reach.x as number }),
          debias,
          tolerance: tolerance as number,
        };
      });
      const put = async (hash: string) => channel.blobs.put(hash, bytes.get(hash) as Uint8Array);
      await Promise.all([...bytes.keys()].map(async (hash) => (await channel.blobs.has(hash)) || put(hash)));
      const ids = tiles.map(tileId);
      const results = await runTiles(
        channel,
        new Map(ids.map((id, k) => [id, tiles[k]])),
        { signal },
        async ({ clouds }) => {
          for (const hash of clouds) await put(hash);
        },
      );
      found = ids.map((id, k) => {
        const lengths = lengthsOf(x.count, x.dimension, ys[k].count, debias);
        const { values } = results.get(id) as TileResult;
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
    yield { type: 'load', start: solve };
    return found;
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

/** @throws FleetError where there are more or fewer numbers. */
function cut(values: Float64Array, lengths: readonly number[]): Float64Array[] {
  if (lengths.reduce((total, length) => total + length, 0) !== values.length) {
    throw new FleetError('INVALID_TILE', `an inner problem has ${values.length} numbers, which are not its own`);
  }
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return values.slice(at - length, at);
  });
}

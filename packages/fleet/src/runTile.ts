import type { Backend } from '@sinkhorn/core';
import { permutedValues } from '@sinkhorn/toolkit/divisions';
import { type Cloud, cloudOf } from './cloudBytes.js';
import { lossOf } from './lossDescription.js';
import type { Tile } from './tile.js';
import type { TileResult } from './tileResult.js';

/**
 * Computes a tile. The same tile gives the same bits on every backend with its numerics: it begins anew each time, and pairs are computed
 * one after the other, with what depends on a second cloud alone shared by all that have it.
 *
 * @param blob - the bytes of a cloud, checked.
 */
export async function runTile(
  tile: Tile,
  backend: Backend,
  blob: (hash: string) => Promise<Uint8Array>,
): Promise<TileResult> {
  const loss = lossOf(tile.loss, backend);
  const known = new Map<number, Cloud>();
  const cloud = async (index: number): Promise<Cloud> => {
    const found = known.get(index) ?? cloudOf(await blob(tile.clouds[index]));
    known.set(index, found);
    return found;
  };
  if (tile.kind === 'divisions') {
    const { permutations, seed, from, to } = tile;
    const found = await permutedValues(loss, await cloud(0), await cloud(1), { permutations, seed, from, to });
    return { ...found, accurate: [] };
  }
  const values = new Float64Array(tile.pairs.length);
  const accurate = new Array<boolean>(tile.pairs.length).fill(false);
  const targets = new Map<number, ReturnType<typeof loss.target>>();
  for (const [place, [i, j]] of tile.pairs.entries()) {
    const target = targets.get(j) ?? loss.target(await cloud(j));
    targets.set(j, target);
    const { value, diagnostics } = await target.solve(await cloud(i));
    values[place] = value as number;
    accurate[place] = diagnostics.accurate;
  }
  return { values, accurate };
}

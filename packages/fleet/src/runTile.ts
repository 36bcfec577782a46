import type { Backend } from '@sinkhorn/core';
import { permutedValues } from '@sinkhorn/toolkit/divisions';
import { type Cloud, cloudOf } from './cloudBytes.js';
import { runFixed } from './fixedSolves.js';
import { runInner } from './innerSolves.js';
import { lossOf } from './lossDescription.js';
import { runPairs } from './runPairs.js';
import type { Tile } from './tile.js';
import type { TileResult } from './tileResult.js';

/**
 * Computes a tile. The same tile gives the same bits on every backend with its numerics: it begins anew each time, and which pairs are a batch
 * depends on the tile alone.
 *
 * @param blob - the bytes of a cloud, checked.
 */
export async function runTile(
  tile: Tile,
  backend: Backend,
  blob: (hash: string) => Promise<Uint8Array>,
): Promise<TileResult> {
  const known = new Map<number, Cloud>();
  const cloud = async (index: number): Promise<Cloud> => {
    const found = known.get(index) ?? cloudOf(await blob(tile.clouds[index]));
    known.set(index, found);
    return found;
  };
  if (tile.kind === 'divisions') {
    const loss = lossOf(tile.loss, backend);
    const { permutations, seed, from, to } = tile;
    const found = await permutedValues(loss, await cloud(0), await cloud(1), { permutations, seed, from, to });
    return { ...found, accurate: [] };
  }
  if (tile.kind === 'fixed') return runFixed(tile, cloud);
  return tile.kind === 'inner' ? runInner(tile, backend, cloud) : runPairs(tile, backend, cloud);
}

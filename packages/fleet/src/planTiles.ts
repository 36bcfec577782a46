import { InvalidOptionError } from '@sinkhorn/core';
import { FleetError } from './errors.js';
import { limits } from './limits.js';
import type { PlainLoss } from './lossDescription.js';
import type { Numerics } from './numerics.js';
import { type PairsTile, tileId } from './tile.js';
import type { TileResult } from './tileResult.js';

/** What a matrix of losses is cut by. */
export interface PlanInput {
  readonly numerics: Numerics;
  readonly loss: PlainLoss;
  /** Hashes of the clouds, in the order of the matrix. */
  readonly clouds: readonly string[];
  readonly symmetric: boolean;
  /** Clouds a side of a tile: a tile has up to the square of it in pairs. Default 5. */
  readonly side?: number;
}

/** The tiles of a matrix, by their keys, and which pairs each computes. */
export interface TilePlan {
  readonly count: number;
  readonly symmetric: boolean;
  readonly tiles: ReadonlyMap<string, PairsTile>;
  /** For each tile, its places as `i * count + j`; several where the same clouds stand in several places. */
  readonly places: ReadonlyMap<string, readonly (readonly number[])[]>;
}

/**
 * Cuts the matrix of a loss between clouds into tiles: squares of clouds against clouds, so that a worker fetches few for many pairs. What a tile
 * is depends on the input alone, not on workers or times.
 *
 * @throws InvalidOptionError where `side` is out of range.
 *
 * @example
 * ```ts
 * import { numericsOf, plainLoss, planTiles } from '@sinkhorn/fleet';
 *
 * const clouds = ['0', '1', '2'].map((digit) => digit.repeat(64));
 * const loss = plainLoss({ loss: 'energyDistance' }, 3);
 * const { tiles } = planTiles({ numerics: numericsOf(), loss, clouds, symmetric: true, side: 2 });
 * const pairs = [...tiles.values()].map((tile) => tile.pairs.length);
 * if (pairs.join() !== '3,2,1') throw new Error('the upper half of 3 x 3 pairs, in squares of 2 x 2');
 * ```
 */
export function planTiles({ numerics, loss, clouds, symmetric, side = 5 }: PlanInput): TilePlan {
  if (!Number.isInteger(side) || side < 1 || side ** 2 > limits.items) {
    throw new InvalidOptionError(
      `side is ${side}: give a whole number from 1 to ${Math.floor(Math.sqrt(limits.items))}`,
    );
  }
  const count = clouds.length;
  const tiles = new Map<string, PairsTile>();
  const places = new Map<string, number[][]>();
  for (let top = 0; top < count; top += side) {
    for (let left = symmetric ? top : 0; left < count; left += side) {
      const pairs: [number, number][] = [];
      const here: number[] = [];
      const names: string[] = [];
      const nameOf = (cloud: number) => {
        const known = names.indexOf(clouds[cloud]);
        return known >= 0 ? known : names.push(clouds[cloud]) - 1;
      };
      for (let j = left; j < Math.min(count, left + side); j++) {
        for (let i = top; i < Math.min(count, top + side); i++) {
          if (symmetric && i > j) continue;
          pairs.push([nameOf(i), nameOf(j)]);
          here.push(i * count + j);
        }
      }
      const tile: PairsTile = { kind: 'pairs', numerics, loss, clouds: names, pairs };
      const id = tileId(tile);
      tiles.set(id, tile);
      places.set(id, [...(places.get(id) ?? []), here]);
    }
  }
  return { count, symmetric, tiles, places };
}

/** What a matrix of losses is, as `pairwise` of the toolkit gives it. */
export interface PairwiseMatrix {
  /** [N, N], row by row: `values[i * count + j]` is the loss of clouds i and j. */
  readonly values: Float64Array;
  readonly count: number;
  readonly symmetric: boolean;
  /** Pairs, as [i, j], whose value is not as accurate as was asked for. */
  readonly inaccurate: readonly (readonly [number, number])[];
}

/**
 * The matrix that the results of all tiles make, each value counted once, however often its tile was computed.
 *
 * @throws FleetError where the result of a tile is missing or has another length.
 *
 * @example
 * ```ts
 * import { assemble, numericsOf, plainLoss, planTiles } from '@sinkhorn/fleet';
 *
 * const clouds = ['0', '1'].map((digit) => digit.repeat(64));
 * const loss = plainLoss({ loss: 'energyDistance' }, 3);
 * const plan = planTiles({ numerics: numericsOf(), loss, clouds, symmetric: true });
 * const [id] = plan.tiles.keys();
 * const result = { values: Float64Array.of(0, 7, 0), accurate: [true, true, true] };
 * if (assemble(plan, new Map([[id, result]])).values.join() !== '0,7,7,0') throw new Error('both halves');
 * ```
 */
export function assemble(
  { count, symmetric, tiles, places }: TilePlan,
  results: ReadonlyMap<string, TileResult>,
): PairwiseMatrix {
  const values = new Float64Array(count ** 2);
  const inaccurate: [number, number][] = [];
  for (const [id, tile] of tiles) {
    const result = results.get(id);
    if (result?.values.length !== tile.pairs.length) {
      throw new FleetError(
        'MISSING_BLOB',
        `tile ${id} has ${result ? 'a result of another length' : 'no result'}: run it again`,
      );
    }
    for (const here of places.get(id) ?? []) {
      here.forEach((place, k) => {
        const [i, j] = [Math.floor(place / count), place % count];
        values[place] = result.values[k];
        if (symmetric) values[j * count + i] = result.values[k];
        if (!result.accurate[k]) inaccurate.push([i, j]);
      });
    }
  }
  inaccurate.sort(([a, b], [c, d]) => a - c || b - d);
  return { values, count, symmetric, inaccurate };
}

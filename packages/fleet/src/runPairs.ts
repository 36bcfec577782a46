import { type Backend, type Measure, SinkhornError } from '@sinkhorn/core';
import type { Cloud } from './cloudBytes.js';
import { lossOf } from './lossDescription.js';
import type { PairsTile } from './tile.js';
import type { TileResult } from './tileResult.js';

/**
 * Pairs up to this many points times points go together, so many at a time: in one call of the backend they take a tenth of the time at 300
 * points, half at 600, and the same from 1200 on.
 */
const BATCHED_PAIRS = 1e6;
const MOST_BATCHED = 25;

/**
 * Computes the pairs of a tile: those of clouds of the same sizes as batches, the others one after the other, with what depends on a second
 * cloud alone shared by all that have it. A batch that is refused, or not accurate as a whole, is computed pair by pair.
 *
 * @param cloud - the cloud at an index of the tile's list.
 */
export async function runPairs(
  tile: PairsTile,
  backend: Backend,
  cloud: (index: number) => Promise<Cloud>,
): Promise<TileResult> {
  const loss = lossOf(tile.loss, backend);
  const values = new Float64Array(tile.pairs.length);
  const accurate = new Array<boolean>(tile.pairs.length).fill(false);
  const alone = new Set<number>();
  for (const places of await batches(tile.pairs, cloud)) {
    const side = async (k: 0 | 1) => stacked(await Promise.all(places.map((place) => cloud(tile.pairs[place][k]))));
    const found = places.length > 1 ? await together(await side(0), await side(1)) : undefined;
    places.forEach((place, k) => {
      if (found) [values[place], accurate[place]] = [found[k], true];
      else alone.add(place);
    });
  }
  const targets = new Map<number, ReturnType<typeof loss.target>>();
  for (const [place, [i, j]] of tile.pairs.entries()) {
    if (!alone.has(place)) continue;
    const target = targets.get(j) ?? loss.target(await cloud(j));
    targets.set(j, target);
    const { value, diagnostics } = await target.solve(await cloud(i));
    values[place] = value as number;
    accurate[place] = diagnostics.accurate;
  }
  return { values, accurate };

  async function together(x: Measure, y: Measure): Promise<Float64Array | undefined> {
    try {
      const { value, diagnostics } = await loss.target(y).solve(x);
      return diagnostics.accurate ? (value as Float64Array) : undefined;
    } catch (error) {
      // One by one they tell which of them it was, or have a way that batches lack.
      if (error instanceof SinkhornError) return undefined;
      throw error;
    }
  }
}

/** Places of the pairs that go together: what is in a batch depends on the tile alone. */
async function batches(
  pairs: PairsTile['pairs'],
  cloud: (index: number) => Promise<Cloud>,
): Promise<readonly (readonly number[])[]> {
  const open = new Map<string, number[]>();
  const all: number[][] = [];
  for (const [place, [i, j]] of pairs.entries()) {
    const [x, y] = [await cloud(i), await cloud(j)];
    // Of a cloud and itself one pair alone gives exactly 0.
    const isSmall = i !== j && x.points.length * y.points.length <= BATCHED_PAIRS * x.dimension * y.dimension;
    const key = isSmall ? `${kind(x)} ${kind(y)}` : `${place}`;
    const batch = open.get(key) ?? [];
    if (batch.length === 0) all.push(batch);
    batch.push(place);
    if (batch.length < MOST_BATCHED) open.set(key, batch);
    else open.delete(key);
  }
  return all;
}

/** What clouds of a batch have in common. */
const kind = ({ points, dimension, weights }: Cloud) =>
  `${points.length} ${dimension} ${points.BYTES_PER_ELEMENT} ${weights ? 'weights' : ''}`;

function stacked(clouds: readonly Cloud[]): Measure {
  const [{ points, dimension, weights }] = clouds;
  const count = points.length / dimension;
  const stack = (lists: readonly (Float32Array | Float64Array)[]) => {
    const [{ length }] = lists;
    const whole =
      lists[0] instanceof Float32Array
        ? new Float32Array(lists.length * length)
        : new Float64Array(lists.length * length);
    lists.forEach((list, k) => {
      whole.set(list, k * length);
    });
    return whole;
  };
  return {
    data: stack(clouds.map((cloud) => cloud.points)),
    shape: [clouds.length, count, dimension],
    ...(weights && { weights: stack(clouds.map((cloud) => cloud.weights as Float32Array | Float64Array)) }),
  };
}

import { checkMeasure, checkRunOptions, InvalidMeasureError, InvalidOptionError, type Measure } from '@sinkhorn/core';
import { channelOf } from './fleet.js';
import { checkedLoss, type LossDescription } from './lossDescription.js';
import { type OnOptions, onFleet } from './pairwise.js';
import { runTiles } from './runTiles.js';
import { storedClouds } from './storedClouds.js';
import { type PairsTile, tileId } from './tile.js';

/** A loss in each feature. */
export interface FeatureValues {
  /** The sum over features: what `perFeature` of the losses gives. */
  readonly value: number;
  /** One for each entry of `columns`. */
  readonly values: Float64Array;
  /** Entries of `columns` whose value is not as accurate as was asked for. */
  readonly inaccurate: readonly number[];
}

/**
 * A loss between two clouds in each feature, or each group of features, by itself; each is a tile of its own.
 *
 * @param columns - each entry a column's index, or a list of them that go together; counted from 0.
 * @throws InvalidOptionError for an entry that is none, InvalidMeasureError where a cloud has no such column; FleetError where tiles failed.
 *
 * @example
 * ```ts
 * import { perFeature } from '@sinkhorn/fleet';
 *
 * const loss = { loss: 'sinkhornDivergence', options: { p: 1 } } as const;
 * const { value, values } = await perFeature(loss, [0, [1, 2]], [[1, 0, 0]], [[0, 3, 4]]);
 * if (value !== 6 || values.join() !== '1,5') throw new Error(values.join());
 * ```
 */
export async function perFeature(
  loss: LossDescription,
  columns: readonly (number | readonly number[])[],
  x: Measure,
  y: Measure,
  options: OnOptions = {},
): Promise<FeatureValues> {
  const run = checkRunOptions(options);
  if (!Array.isArray(columns) || columns.length === 0) {
    throw new InvalidOptionError('columns is empty: give the columns to compare, such as [0, 1]');
  }
  const groups = columns.map((entry, index) => {
    const group: readonly number[] = typeof entry === 'number' ? [entry] : [...entry];
    if (group.length === 0 || group.some((column) => !Number.isInteger(column) || column < 0)) {
      throw new InvalidOptionError(`columns[${index}] is ${JSON.stringify(entry)}: give whole numbers, counted from 0`);
    }
    return group;
  });
  const checked = [
    ['x', x],
    ['y', y],
  ] as const;
  const parts = groups.map((group) => checked.map(([name, measure]) => inColumns(name, measure, group)));
  return onFleet(options, async (on) => {
    const channel = channelOf(on);
    const tiles = new Map<string, PairsTile>();
    const again = new Map<string, (tile: PairsTile) => Promise<void>>();
    const ids: string[] = [];
    for (const [index, [ofX, ofY]] of parts.entries()) {
      const pair = [
        [`x in columns[${index}]`, ofX],
        [`y in columns[${index}]`, ofY],
      ] as const;
      const { hashes, dimension, putAgain } = await storedClouds(channel, pair, run.signal);
      const tile: PairsTile = {
        kind: 'pairs',
        numerics: channel.numerics,
        loss: checkedLoss(loss, dimension, on),
        clouds: hashes,
        pairs: [[0, 1]],
      };
      const id = tileId(tile);
      tiles.set(id, tile);
      again.set(id, putAgain as (tile: PairsTile) => Promise<void>);
      ids.push(id);
    }
    const results = await runTiles(channel, tiles, run, async (tile) => {
      await again.get(tileId(tile))?.(tile as PairsTile);
    });
    const values = Float64Array.from(ids, (id) => results.get(id)?.values[0] as number);
    const inaccurate = [...ids.keys()].filter((index) => !results.get(ids[index])?.accurate[0]);
    return { value: values.reduce((total, value) => total + value, 0), values, inaccurate };
  });
}

function inColumns(name: string, measure: Measure, columns: readonly number[]): Measure {
  const { points, dimension, count, batched } = checkMeasure(name, measure);
  if (batched) throw new InvalidMeasureError(`${name} is a batch: give its elements one by one`);
  const beyond = columns.find((column) => column >= dimension);
  if (beyond !== undefined) throw new InvalidMeasureError(`${name} has ${dimension} columns and no column ${beyond}`);
  const size = columns.length;
  const picked = Float64Array.from(
    { length: count * size },
    (_, k) => points[Math.floor(k / size) * dimension + columns[k % size]],
  );
  const { weights } = measure as { readonly weights?: ArrayLike<number> };
  return { points: picked, dimension: size, ...(weights && { weights }) } as Measure;
}

import { checkRunOptions, InvalidOptionError, type Measure } from '@sinkhorn/core';
import type { PermutationResult } from '@sinkhorn/toolkit';
import { countDivisions, judge } from '@sinkhorn/toolkit/divisions';
import { channelOf } from './fleet.js';
import { checkedLoss, type LossDescription } from './lossDescription.js';
import { type OnOptions, onFleet } from './pairwise.js';
import { runTiles } from './runTiles.js';
import { storedClouds } from './storedClouds.js';
import { type DivisionsTile, tileId } from './tile.js';

export interface PermutationTestOptions extends OnOptions {
  /** Default 999. */
  readonly permutations?: number;
  /** Default 0. */
  readonly seed?: number;
  /** How many shuffles are one job. Default 128. */
  readonly shufflesAtOnce?: number;
}

/**
 * Tests whether two samples come from one distribution, as `permutationTest` of the toolkit does, with the same shuffles: they are computed some at
 * a time on a fleet.
 *
 * @throws InvalidOptionError and InvalidMeasureError as the toolkit's; FleetError where tiles failed.
 *
 * @example
 * ```ts
 * import { permutationTest } from '@sinkhorn/fleet';
 *
 * const { pValue, exact } = await permutationTest({ loss: 'energyDistance' }, [[0], [1], [2], [3]], [[10], [11], [12], [13]]);
 * if (!exact || pValue !== 2 / 70) throw new Error('of 70 divisions, this one and its mirror image are the farthest apart');
 * ```
 */
export async function permutationTest(
  loss: LossDescription,
  x: Measure,
  y: Measure,
  options: PermutationTestOptions = {},
): Promise<PermutationResult> {
  const run = checkRunOptions(options);
  const { permutations = 999, seed = 0, shufflesAtOnce = 128 } = options;
  if (!Number.isInteger(permutations) || permutations < 1) {
    throw new InvalidOptionError(`permutations is ${permutations}: give a whole number, 1 or more`);
  }
  if (!Number.isSafeInteger(seed)) throw new InvalidOptionError(`seed is ${seed}: give a whole number`);
  if (!Number.isInteger(shufflesAtOnce) || shufflesAtOnce < 1 || shufflesAtOnce > 4096) {
    throw new InvalidOptionError(`shufflesAtOnce is ${shufflesAtOnce}: give a whole number from 1 to 4096`);
  }
  const { count, exact } = countDivisions(x, y, permutations);
  return onFleet(options, async (on) => {
    const channel = channelOf(on);
    const samples = [
      ['x', x],
      ['y', y],
    ] as const;
    const { hashes, dimension, putAgain } = await storedClouds(channel, samples, run.signal);
    const plain = checkedLoss(loss, dimension, on);
    const tiles = new Map<string, DivisionsTile>();
    for (let from = 0; from < count; from += shufflesAtOnce) {
      const tile: DivisionsTile = {
        kind: 'divisions',
        numerics: channel.numerics,
        loss: plain,
        clouds: [hashes[0], hashes[1]],
        permutations,
        seed,
        from,
        to: Math.min(count, from + shufflesAtOnce),
      };
      tiles.set(tileId(tile), tile);
    }
    const results = await runTiles(channel, tiles, run, putAgain);
    // In the order of the shuffles, whoever was first.
    const found = [...tiles.keys()].map((id) => results.get(id));
    const flat = (of: (each: (typeof found)[number]) => Iterable<number>) =>
      Float64Array.from(found.flatMap((each) => [...of(each)]));
    const observed = found[0]?.values[0] as number;
    return judge(
      {
        values: Float64Array.from([observed, ...flat((each) => valuesBeside(observed, each?.values ?? []))]),
        multiplicities: flat((each) => each?.multiplicities ?? []),
        rounding: Math.max(...found.map((each) => each?.rounding ?? 0)),
      },
      exact,
    );
  });
}

/** The values of a tile behind its own observed one, from which they are exact differences: that may have been rounded otherwise. */
function valuesBeside(observed: number, values: ArrayLike<number>): Float64Array {
  const [own, ...others] = Array.from(values);
  return Float64Array.from(others, (value) => (own === observed ? value : observed + (value - own)));
}

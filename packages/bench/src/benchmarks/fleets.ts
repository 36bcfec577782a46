import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { FleetTimes } from '../tasks/fleetTimes.js';
import type { ShardTimes } from '../tasks/shardTimes.js';

export interface FleetsPlan {
  readonly matrices: readonly FleetTimes[];
  readonly passes: readonly ShardTimes[];
}

/** What the way by Redis adds to tiles, and to passes whose rows are shared out. */
export async function fleets(run: Runner, plan: FleetsPlan): Promise<Table[]> {
  const matrices: Record<string, Cell>[] = [];
  for (const argument of plan.matrices) {
    const { module: _, ...sizes } = argument;
    const { result, peak } = await run('fleetTimes', argument);
    matrices.push({ ...sizes, ...(result ?? lacking(['tiles', 'alone', 'fleet', 'way', 'share', 'different'])), peak });
  }
  const passes: Record<string, Cell>[] = [];
  for (const argument of plan.passes) {
    const { module: _, ...sizes } = argument;
    const { result, peak } = await run('shardTimes', argument);
    const keys = ['alone', 'aloneCpu', 'sharded', 'shardedCpu', 'added', 'way', 'different'] as const;
    passes.push({ ...sizes, ...(result ?? lacking(keys)), peak });
  }
  return [
    {
      title: 'Tiles by Redis',
      text: "Matrices of Sinkhorn divergences, float32 on wasm, in tiles of up to 25 pairs: on a thread of this process, and by Redis with one worker; in turn, with other clouds each time, medians. It is the processor's time of all who take part, the server's too, which does not depend on who else is on the machine as much as the clock's. \"the way\" is what Redis adds to a tile of 25 pairs of 2 points, in which there is next to nothing to compute; its share is that over a tile on a thread.",
      columns: [
        { key: 'clouds', title: 'clouds', format: 'count' },
        { key: 'points', title: 'points', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        { key: 'tiles', title: 'tiles', format: 'count' },
        { key: 'alone', title: 'a tile on a thread, ms', format: 'digits3' },
        { key: 'fleet', title: 'by Redis, ms', format: 'digits3' },
        { key: 'way', title: 'the way, ms', format: 'digits3' },
        { key: 'share', title: 'its share', format: 'percent' },
        { key: 'different', title: 'other bits', format: 'count' },
        peakColumn,
      ],
      rows: matrices,
    },
    {
      title: 'Passes in shards',
      text: 'Softmins over all pairs in three dimensions, float32 on wasm, each from the potential that the last one gave: on one thread, and with the rows shared out by Redis to threads of one worker; in turn, medians. "added" is what sharding adds to the processor\'s time, the server\'s too. "the way" is the clock\'s time of a pass over a hundredth of the points, from the call to the numbers.',
      columns: [
        { key: 'n', title: 'N', format: 'count' },
        { key: 'shards', title: 'shards', format: 'count' },
        { key: 'alone', title: 'one thread, ms', format: 'digits3' },
        { key: 'aloneCpu', title: 'of the processor', format: 'digits3' },
        { key: 'sharded', title: 'in shards, ms', format: 'digits3' },
        { key: 'shardedCpu', title: 'of the processor', format: 'digits3' },
        { key: 'added', title: 'added, ms', format: 'digits3' },
        { key: 'way', title: 'the way, ms', format: 'digits3' },
        { key: 'different', title: 'other bits', format: 'count' },
        peakColumn,
      ],
      rows: passes,
    },
  ];
}

const lacking = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 'needs redis-server']));

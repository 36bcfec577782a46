import { cores, fleet, pairwise, serve } from '@sinkhorn/fleet';
import { cube } from '../clouds/cube.js';
import { median } from '../measuring/median.js';
import { redisServer } from '../measuring/redisServer.js';

export interface FleetTimes {
  readonly clouds: number;
  /** Clouds a side of a tile. */
  readonly side: number;
  readonly points: number;
  readonly blur: number;
  readonly rounds: number;
  /** Where the module of a fleet's threads is, where it is not beside its own. */
  readonly module?: string;
}

export interface FleetTime {
  readonly tiles: number;
  /** The processor's time for a tile in a whole run, of all who take part, in ms: on a pool of one thread, and on one such pool by way of Redis. */
  readonly alone: number;
  readonly fleet: number;
  /** How much more the run by Redis took than the other one of its round, and the same of two runs on pools without Redis, which is noise. */
  readonly more: number;
  readonly noise: number;
  /** The processor's time that the way by Redis takes for a tile in which there is next to nothing to compute, in ms. */
  readonly way: number;
  /** The server's part of that. */
  readonly server: number;
  /** The way's share in a tile. */
  readonly share: number;
  /** Values whose bits differ. */
  readonly different: number;
}

const loss = (blur: number) => ({ loss: 'sinkhornDivergence', options: { blur } }) as const;

/**
 * Times whole matrices on a thread of this process, on another such thread, and by Redis with a worker of one thread in this process: all that they do is counted, the
 * server's own time too. Each round has another order. It is the processor's time, which others on the machine change less than they change the clock's.
 * Undefined where there is no server.
 */
export async function fleetTimes({
  clouds: count,
  side,
  points,
  blur,
  rounds,
  module,
}: FleetTimes): Promise<FleetTime | undefined> {
  const server = await redisServer();
  if (!server) return undefined;
  const thread = module === undefined ? undefined : new URL(module);
  const worker = await serve({ connection: server.url, concurrency: 1, thread });
  const far = await fleet({ connection: server.url });
  const near = await cores({ threads: 1, thread });
  const other = await cores({ threads: 1, thread });
  let seed = 0;
  // Other clouds each time: nothing is known yet.
  const fresh = (size: number) =>
    Array.from({ length: count }, () => ({ points: Float32Array.from(cube(size, seed++)), dimension: 3 }));
  const sides = Math.ceil(count / side);
  const tiles = (sides * (sides + 1)) / 2;
  const spent = async () => {
    const { user, system } = process.cpuUsage();
    return { here: (user + system) / 1e3, there: 1e3 * (await server.cpuSeconds()) };
  };
  const cpu = async <Result>(work: () => Promise<Result>) => {
    const before = await spent();
    const result = await work();
    const after = await spent();
    const there = (after.there - before.there) / tiles;
    return { result, there, ms: (after.here - before.here) / tiles + there };
  };
  const times = { near: [] as number[], other: [] as number[], far: [] as number[] };
  const small = { way: [] as number[], server: [] as number[] };
  const places = { near, other, far };
  const turns = ['near', 'other', 'far'] as const;
  let different = 0;
  for (let round = 0; round <= rounds; round++) {
    const given = fresh(points);
    const found = new Map<string, Awaited<ReturnType<typeof pairwise>>>();
    for (let turn = 0; turn < turns.length; turn++) {
      const where = turns[(turn + round) % turns.length];
      const { result, ms } = await cpu(() => pairwise(loss(blur), given, { on: places[where], side }));
      found.set(where, result);
      // The first round compiles.
      if (round > 0) times[where].push(ms);
    }
    const tiny = fresh(2);
    const tinyAlone = await cpu(() => pairwise({ loss: 'energyDistance' }, tiny, { on: near, side }));
    const tinyThere = await cpu(() => pairwise({ loss: 'energyDistance' }, tiny, { on: far, side }));
    const alone = found.get('near')?.values ?? [];
    different += found.get('far')?.values.filter((value, k) => !Object.is(value, alone[k])).length ?? 0;
    if (round === 0) continue;
    small.way.push(tinyThere.ms - tinyAlone.ms);
    small.server.push(tinyThere.there);
  }
  await far.close();
  await near.close();
  await other.close();
  await worker.close();
  await server.stop();
  const [alone, way] = [median(times.near), median(small.way)];
  const over = (of: readonly number[]) => median(of.map((ms, k) => ms / times.near[k])) - 1;
  return {
    tiles,
    alone,
    fleet: median(times.far),
    more: over(times.far),
    noise: over(times.other),
    way,
    server: median(small.server),
    share: way / alone,
    different,
  };
}

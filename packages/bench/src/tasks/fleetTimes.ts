import { cores, fleet, pairwise, serve } from '@sinkhorn/fleet';
import { cube } from '../clouds/cube.js';
import { median } from '../measuring/median.js';
import { redisServer } from '../measuring/redisServer.js';

export interface FleetTimes {
  readonly clouds: number;
  readonly points: number;
  readonly blur: number;
  readonly rounds: number;
  /** Where the module of a fleet's threads is, where it is not beside its own. */
  readonly module?: string;
}

export interface FleetTime {
  readonly tiles: number;
  /** The processor's time for a tile, of all who take part, in ms: on this process's threads, and by way of Redis. */
  readonly alone: number;
  readonly fleet: number;
  /** The processor's time that the way by Redis takes for a tile in which there is next to nothing to compute, in ms. */
  readonly way: number;
  /** The way's share in a tile. */
  readonly share: number;
  /** Values whose bits differ. */
  readonly different: number;
}

const loss = (blur: number) => ({ loss: 'sinkhornDivergence', options: { blur } }) as const;

/**
 * Times matrices on this process's threads, and by Redis with a worker in this process: all that both do is counted, the server's own time too. It is the processor's
 * time, which others on the machine change less than they change the clock's. Undefined where there is no server.
 */
export async function fleetTimes({
  clouds: count,
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
  let seed = 0;
  // Other clouds each time: nothing is known yet.
  const fresh = (size: number) =>
    Array.from({ length: count }, () => ({ points: Float32Array.from(cube(size, seed++)), dimension: 3 }));
  const tiles = ((count / 5) * (count / 5 + 1)) / 2;
  const spent = async () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3 + 1e3 * (await server.cpuSeconds());
  };
  const cpu = async <Result>(work: () => Promise<Result>) => {
    const before = await spent();
    const result = await work();
    return { result, ms: ((await spent()) - before) / tiles };
  };
  const times = { alone: [] as number[], fleet: [] as number[], way: [] as number[] };
  let different = 0;
  for (let round = 0; round <= rounds; round++) {
    const given = fresh(points);
    const alone = await cpu(() => pairwise(loss(blur), given, { on: near }));
    const there = await cpu(() => pairwise(loss(blur), given, { on: far }));
    const tiny = fresh(2);
    const tinyAlone = await cpu(() => pairwise({ loss: 'energyDistance' }, tiny, { on: near }));
    const tinyThere = await cpu(() => pairwise({ loss: 'energyDistance' }, tiny, { on: far }));
    different += there.result.values.filter((value, k) => !Object.is(value, alone.result.values[k])).length;
    // The first round compiles.
    if (round === 0) continue;
    times.alone.push(alone.ms);
    times.fleet.push(there.ms);
    times.way.push(tinyThere.ms - tinyAlone.ms);
  }
  await far.close();
  await near.close();
  await worker.close();
  await server.stop();
  const [alone, way] = [median(times.alone), median(times.way)];
  return { tiles, alone, fleet: median(times.fleet), way, share: way / alone, different };
}

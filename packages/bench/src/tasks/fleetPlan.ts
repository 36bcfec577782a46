import { uniformDraw } from '../clouds/counterDraws.js';
import { soonest } from '../measuring/soonest.js';

/** A matrix on many machines. Seconds all of them, measured. */
export interface MatrixPlan {
  readonly clouds: number;
  /** Clouds a side of a tile. */
  readonly side: number;
  readonly cores: number;
  /** Tiles that may be on their way at a time. */
  readonly ahead: number;
  /** Of a core for a pair, and how far tiles are above or below, relative. */
  readonly pair: number;
  readonly spread: number;
  /** Of whoever asks for a tile, and of Redis: each does one thing at a time. */
  readonly asking: number;
  readonly server: number;
  /** Cores that die in an hour, each with its tile, and after how long another one has that. */
  readonly deathsAnHour: number;
  readonly takeover: number;
}

export interface PlannedMatrix {
  readonly tiles: number;
  readonly seconds: number;
  /** Of cores that compute, on average. */
  readonly busy: number;
  readonly askerBusy: number;
  readonly serverBusy: number;
  readonly deaths: number;
}

/** Simulates a matrix tile by tile: the asker, the server and each core do one thing at a time. */
export function planMatrix(plan: MatrixPlan): PlannedMatrix {
  const { clouds, side, cores, ahead, pair, spread, asking, server, deathsAnHour, takeover } = plan;
  const sides = Math.ceil(clouds / side);
  const tiles = (sides * (sides + 1)) / 2;
  const resources = { asker: { free: 0, worked: 0 }, server: { free: 0, worked: 0 } };
  const use = (of: keyof typeof resources, from: number, seconds: number) => {
    const resource = resources[of];
    resource.free = Math.max(from, resource.free) + seconds;
    resource.worked += seconds;
    return resource.free;
  };
  const events = soonest<'queued' | 'computed' | 'lost' | 'done'>();
  let [submitted, begun, deaths, free, waiting, computing, end] = [0, 0, 0, cores, 0, 0, 0];
  // Half of what each does for a tile is before it is computed.
  const submit = (now: number) => {
    submitted++;
    events.add(use('server', use('asker', now, asking / 2), server / 2), 'queued');
  };
  const begin = (now: number) => {
    waiting--;
    free--;
    const seconds = side ** 2 * pair * (1 + spread * (2 * uniformDraw(1, begun) - 1));
    const dies = uniformDraw(2, begun) < (deathsAnHour / cores) * (seconds / 3600);
    begun++;
    computing += seconds;
    events.add(now + seconds, dies ? 'lost' : 'computed');
  };
  while (submitted < Math.min(ahead, tiles)) submit(0);
  for (let event = events.take(); event; event = events.take()) {
    const { time, thing } = event;
    end = time;
    if (thing === 'queued') waiting++;
    else if (thing === 'lost') {
      // The core is back at once, started anew; its tile is found later.
      deaths++;
      free++;
      events.add(time + takeover, 'queued');
    } else if (thing === 'computed') {
      free++;
      events.add(use('asker', use('server', time, server / 2), asking / 2), 'done');
    } else if (submitted < tiles) {
      submit(time);
    }
    while (waiting > 0 && free > 0) begin(time);
  }
  return {
    tiles,
    seconds: end,
    busy: computing / (cores * end),
    askerBusy: resources.asker.worked / end,
    serverBusy: resources.server.worked / end,
    deaths,
  };
}

/** One solve whose rows are shared out. */
export interface SolvePlan {
  readonly points: number;
  readonly dimension: number;
  readonly passes: number;
  readonly machines: number;
  readonly coresEach: number;
  /** Parts of a pass for each core. */
  readonly parts: number;
  /** Pairs a second and core, measured, and how far parts are above or below, relative. */
  readonly rate: number;
  readonly spread: number;
  /** Bytes a second out of the server, all machines together. */
  readonly bandwidth: number;
  /** Seconds that a pass waits for Redis, measured. */
  readonly way: number;
}

export interface PlannedSolve {
  readonly seconds: number;
  readonly sendingClouds: number;
  readonly sendingEachPass: number;
  readonly computingEachPass: number;
  /** Bytes of clouds on each machine. */
  readonly memory: number;
}

/** Simulates a solve pass by pass: what the server sends is sent one after the other, and each core takes the next part when it is free. */
export function planSolve(plan: SolvePlan): PlannedSolve {
  const { points, dimension, passes, machines, coresEach, parts, rate, spread, bandwidth, way } = plan;
  const memory = 2 * 4 * points * dimension;
  const sendingClouds = (machines * memory) / bandwidth;
  const sendingEachPass = (machines * 4 * points) / bandwidth;
  const cores = machines * coresEach;
  const part = points ** 2 / (cores * parts) / rate;
  let seconds = sendingClouds;
  let computing = 0;
  for (let pass = 0; pass < passes; pass++) {
    const free = soonest<number>();
    // A machine begins when it has the potentials.
    for (let core = 0; core < cores; core++)
      free.add((sendingEachPass * Math.floor(core / coresEach + 1)) / machines, core);
    let end = 0;
    for (let k = 0; k < cores * parts; k++) {
      const { time = 0, thing: core = 0 } = free.take() ?? {};
      const until = time + part * (1 + spread * (2 * uniformDraw(3 + pass, k) - 1));
      end = Math.max(end, until);
      free.add(until, core);
    }
    computing += end - sendingEachPass / machines;
    // Results go back.
    seconds += end + way + (4 * points) / bandwidth;
  }
  return { seconds, sendingClouds, sendingEachPass, computingEachPass: computing / passes, memory };
}

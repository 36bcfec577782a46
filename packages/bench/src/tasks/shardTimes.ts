import { wasm } from '@sinkhorn/backend-wasm';
import type { Backend, DeviceArray } from '@sinkhorn/core';
import { fleet, serve } from '@sinkhorn/fleet';
import { kernelInput } from '../kernels/kernelInput.js';
import { upload } from '../kernels/kernelOn.js';
import { softmin } from '../kernels/softmin.js';
import { median } from '../measuring/median.js';
import { redisServer } from '../measuring/redisServer.js';

export interface ShardTimes {
  readonly n: number;
  readonly dimension: number;
  readonly shards: number;
  readonly rounds: number;
  /** Where the module of a fleet's threads is, where it is not beside its own. */
  readonly module?: string;
}

export interface ShardTime {
  /** Of a pass on one thread, in ms: by the clock, and of the processor. */
  readonly alone: number;
  readonly aloneCpu: number;
  /** The same in shards, of all who take part. */
  readonly sharded: number;
  readonly shardedCpu: number;
  /** What sharding adds to the processor's time. */
  readonly added: number;
  /** The clock's time of a pass over a hundredth of the rows and columns, which is all way: from the call to the numbers. */
  readonly way: number;
  readonly different: number;
}

/**
 * Times softmins over all pairs, each from the potential that the last one gave, on one thread and shared out by Redis to a worker in this
 * process, in turn. Undefined where there is no server.
 */
export async function shardTimes({ n, dimension, shards, rounds, module }: ShardTimes): Promise<ShardTime | undefined> {
  const server = await redisServer();
  if (!server) return undefined;
  const thread = module === undefined ? undefined : new URL(module);
  const worker = await serve({ connection: server.url, concurrency: shards, thread });
  const far = await fleet({ connection: server.url, shards, minPairs: 0 });
  const near = await wasm({ threads: 1, relaxedSimd: false });
  const few = kernelInput(dimension, Math.ceil(n / 100));
  const all = kernelInput(dimension, n);
  const passes = { alone: passesOn(near, all), sharded: passesOn(far, all), way: passesOn(far, few) };
  const spent = async () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3 + 1e3 * (await server.cpuSeconds());
  };
  const times = new Map<string, { cpu: number[]; clock: number[] }>();
  let different = 0;
  for (let round = 0; round <= rounds; round++) {
    const values = new Map<string, ArrayLike<number>>();
    for (const [name, pass] of Object.entries(passes)) {
      const cpuBefore = await spent();
      const began = performance.now();
      values.set(name, await pass());
      const clock = performance.now() - began;
      const cpu = (await spent()) - cpuBefore;
      const known = times.get(name) ?? { cpu: [], clock: [] };
      times.set(name, known);
      // The first round compiles, and sends the clouds.
      if (round === 0) continue;
      known.cpu.push(cpu);
      known.clock.push(clock);
    }
    const [one, other] = [values.get('alone'), values.get('sharded')] as [ArrayLike<number>, ArrayLike<number>];
    for (let i = 0; i < n; i++) if (!Object.is(one[i], other[i])) different++;
  }
  const of = (name: string) => times.get(name) as { cpu: number[]; clock: number[] };
  await far.close();
  near.dispose();
  await worker.close();
  await server.stop();
  return {
    alone: median(of('alone').clock),
    aloneCpu: median(of('alone').cpu),
    sharded: median(of('sharded').clock),
    shardedCpu: median(of('sharded').cpu),
    added: median(of('sharded').cpu) - median(of('alone').cpu),
    way: median(of('way').clock),
    different,
  };
}

/** Softmins in turn over both sides, each from what the last one gave. */
function passesOn(backend: Backend, input: ReturnType<typeof kernelInput>): () => Promise<ArrayLike<number>> {
  const forth = upload(backend, input);
  const back = upload(backend, { ...input, x: input.y, y: input.x });
  let potential: DeviceArray = forth.potentialY;
  let isForth = true;
  return async () => {
    const arrays = { ...(isForth ? forth : back), potentialY: potential };
    isForth = !isForth;
    const [result, ...others] = backend.reduce(softmin(2).reduction(arrays, input));
    for (const other of others) backend.release(other);
    backend.release(potential);
    potential = result;
    return backend.read(result);
  };
}

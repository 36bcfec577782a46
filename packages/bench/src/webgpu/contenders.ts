import { webgpu } from '@sinkhorn/backend-webgpu';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { type KernelInput, kernelInput } from '../kernels/kernelInput.js';
import { timedLater } from '../measuring/timedLater.js';
import { schedule } from '../methods/schedule.js';
import { type DeviceUse, watchDevices } from './deviceUse.js';
import { type WebgpuPeerName, webgpuPeers } from './peers.js';
import { submissionTimes } from './submissionTimes.js';

/** Who computes the divergence: this library, or another one. */
export type ContenderName = WebgpuPeerName | 'library';

export interface Solve {
  readonly seconds: number;
  readonly value: number;
  /** Kernels that were started. */
  readonly dispatches: number;
  /** The most bytes of buffers that the device held so far. */
  readonly mostHeld: number;
  readonly gradient: readonly number[];
}

interface Result {
  readonly value: number;
  readonly gradient: ArrayLike<number>;
}

type Divergence = (input: KernelInput) => Promise<Result>;

/** Few iterations, as all take the same: tensor libraries take long on the way to their time. */
const SCALING = 0.1;
const watch = watchDevices();
const started = new Map<ContenderName, { readonly divergence: Divergence; readonly use: DeviceUse }>();

/** Starts a contender, and has it compute a first divergence; the seconds that this takes. */
export async function start(name: ContenderName, dimension: number, n: number): Promise<number> {
  const { uses } = watch;
  const device = uses.length;
  const { seconds } = await timedLater(async () => {
    const divergence = await (name === 'library' ? library() : peer(name, dimension));
    started.set(name, { divergence, use: uses[device] });
    await divergence(kernelInput(dimension, n));
  });
  return seconds;
}

/** Computes the divergence once. */
export async function solve(name: ContenderName, dimension: number, n: number): Promise<Solve> {
  const contender = started.get(name);
  if (!contender) throw new Error(`${name} was not started`);
  const { divergence, use } = contender;
  const input = kernelInput(dimension, n);
  const before = watch.dispatches();
  const { result, seconds } = await timedLater(() => divergence(input));
  if (use.errors.length > 0) throw new Error(use.errors[0]);
  return {
    seconds,
    value: result.value,
    gradient: Array.from(result.gradient),
    dispatches: watch.dispatches() - before,
    mostHeld: use.mostHeld,
  };
}

/** Computes the divergence: the milliseconds that the device is busy with each submission. */
export const submissions = (name: ContenderName, dimension: number, n: number): Promise<number[]> =>
  submissionTimes(() => solve(name, dimension, n));

/** What the adapter says that it is. */
export async function adapter(): Promise<string> {
  const backend = await webgpu();
  const { description } = backend;
  backend.dispose();
  return description;
}

async function library(): Promise<Divergence> {
  const backend = await webgpu();
  return async ({ x, y, dimension, blur }) => {
    const loss = sinkhornDivergence({ backend, p: 2, blur, scaling: SCALING, tolerance: null, strategy: 'dense' });
    const result = await loss.valueAndGradients({ points: x, dimension }, { points: y, dimension });
    return { value: result.value, gradient: result.x.points };
  };
}

async function peer(name: WebgpuPeerName, dimension: number): Promise<Divergence> {
  const divergence = await webgpuPeers[name](dimension);
  return ({ x, y, blur }) => {
    const clouds = { x: Float32Array.from(x), y: Float32Array.from(y) };
    return divergence(clouds, schedule(clouds, { blur, p: 2 }, SCALING, dimension));
  };
}

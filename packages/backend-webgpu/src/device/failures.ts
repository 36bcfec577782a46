import { DeviceError, DeviceLostError, OutOfMemoryError, type SinkhornError } from '@sinkhorn/core';

/** What has gone wrong on a device, and when it is known: WebGPU tells later, and of work that was enqueued before. */
export interface Failures {
  /** Calls a function whose errors the device is to tell of; `what` names it in messages. */
  guarded<T>(what: string, body: () => T): T;
  /** Takes note of something that the device has refused, in its words. */
  refused(what: string, message: string): void;
  /** Calls a function when the first thing has gone wrong, with its error. */
  onFailure(listener: (error: SinkhornError) => void): void;
  /** Throws what is known to be wrong. */
  check(): void;
  /** The same, as soon as the device has told of all that was guarded. */
  settled(): Promise<void>;
  /** The error for a wait that the device has ended. */
  ended(cause: unknown): Promise<SinkhornError>;
  /** The error for what a backend that was disposed of is asked for. */
  disposal(): SinkhornError;
  dispose(): void;
}

const noMemory = (what: string, message: string) =>
  new OutOfMemoryError(`webgpu: the device has no memory left for ${what}: use smaller clouds or batches (${message})`);
const refusal = (what: string, message: string) => new DeviceError(`webgpu: the device refuses ${what} (${message})`);

/** How long a device may take to say that it was lost after it has ended a wait. */
const LOSS_TOLD_WITHIN_MS = 100;

export function failures(device: GPUDevice): Failures {
  let failure: SinkhornError | undefined;
  let disposed = false;
  const pending = new Set<Promise<void>>();

  const listeners: ((error: SinkhornError) => void)[] = [];
  const fail = (error: SinkhornError) => {
    if (failure || disposed) return;
    failure = error;
    for (const listener of listeners) listener(error);
  };
  const lost = device.lost.then(({ reason, message }) => {
    // Whatever was told before may come of it.
    failure = undefined;
    const why = reason === 'destroyed' ? 'it was destroyed' : message || 'no reason given';
    fail(new DeviceLostError(`the WebGPU device was lost (${why}): make a new backend with webgpu()`));
  });
  const watch = (popped: Promise<GPUError | null>, describe: (message: string) => SinkhornError) => {
    const told = popped.then(
      (error) => {
        if (error) fail(describe(error.message));
      },
      // Scopes of a device that is lost are refused.
      () => {},
    );
    pending.add(told);
    told.finally(() => pending.delete(told));
  };
  const disposal = () => new DeviceLostError('this webgpu backend was disposed of: make a new one with webgpu()');
  const check = () => {
    if (disposed) throw disposal();
    if (failure) throw failure;
  };

  return {
    guarded(what, body) {
      device.pushErrorScope('validation');
      device.pushErrorScope('out-of-memory');
      try {
        return body();
      } finally {
        watch(device.popErrorScope(), (message) => noMemory(what, message));
        watch(device.popErrorScope(), (message) => refusal(what, message));
      }
    },
    refused: (what, message) => fail(refusal(what, message)),
    onFailure: (listener) => void listeners.push(listener),
    check,
    disposal,
    async settled() {
      await Promise.all(pending);
      check();
    },
    async ended(cause) {
      if (!disposed && !failure) {
        await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, LOSS_TOLD_WITHIN_MS))]);
      }
      try {
        check();
      } catch (error) {
        return error as SinkhornError;
      }
      return new DeviceLostError('the WebGPU device has ended a read', { cause });
    },
    dispose() {
      disposed = true;
    },
  };
}

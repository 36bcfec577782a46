import { DeviceLostError, type SinkhornError, UnsupportedError } from '@sinkhorn/core';

/** What has gone wrong on a device, and when it is known: WebGPU tells later, and of work that was enqueued before. */
export interface Failures {
  /** Calls a function whose errors the device is to tell of; `what` names it in messages. */
  guarded<T>(what: string, body: () => T): T;
  /** Throws what is known to be wrong. */
  check(): void;
  /** The same, as soon as the device has told of all that was guarded. */
  settled(): Promise<void>;
  /** The error for a wait that the device has ended. */
  ended(cause: unknown): Promise<SinkhornError>;
  dispose(): void;
}

/** How long a device may take to say that it was lost after it has ended a wait. */
const LOSS_TOLD_WITHIN_MS = 100;

export function failures(device: GPUDevice): Failures {
  let failure: SinkhornError | undefined;
  let disposed = false;
  const pending = new Set<Promise<void>>();

  const fail = (error: SinkhornError) => {
    failure ??= error;
  };
  const lost = device.lost.then(({ reason, message }) => {
    if (disposed) return;
    const why = reason === 'destroyed' ? 'it was destroyed' : message || 'no reason given';
    failure = new DeviceLostError(`the WebGPU device was lost (${why}): make a new backend with webgpu()`);
  });
  const watch = (popped: Promise<GPUError | null>, describe: (message: string) => string) => {
    const told = popped.then(
      (error) => {
        if (error) fail(new UnsupportedError(describe(error.message)));
      },
      // Scopes of a device that is lost are refused.
      () => {},
    );
    pending.add(told);
    told.finally(() => pending.delete(told));
  };
  const check = () => {
    if (disposed) throw new DeviceLostError('this webgpu backend was disposed of: make a new one with webgpu()');
    if (failure) throw failure;
  };

  return {
    guarded(what, body) {
      device.pushErrorScope('validation');
      device.pushErrorScope('out-of-memory');
      try {
        return body();
      } finally {
        watch(
          device.popErrorScope(),
          (message) => `webgpu: the device has no memory left for ${what}: use smaller clouds or batches (${message})`,
        );
        watch(device.popErrorScope(), (message) => `webgpu: the device refuses ${what} (${message})`);
      }
    },
    check,
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

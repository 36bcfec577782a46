import { UnsupportedError } from '@sinkhorn/core';
import { BUFFER_USAGE } from './constants.js';

/** Memory of the device, in a size that others can use again. */
export interface PooledBuffer {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** Buffers for arrays: released ones are given out again, as the queue runs what is enqueued in order. */
export interface BufferPool {
  take(bytes: number): PooledBuffer;
  give(pooled: PooledBuffer): void;
  /** Lets go of a buffer that becomes somebody else's. */
  forget(pooled: PooledBuffer): void;
  /** Bytes and buffers in use, and bytes of all buffers there are. */
  readonly used: number;
  readonly usedBuffers: number;
  readonly reserved: number;
  destroy(): void;
}

/** What a buffer may have for kernels to bind it. */
export const mostBytesOf = ({ limits }: GPUDevice): number =>
  Math.floor(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 4) * 4;

/** Smaller buffers are made as large as this: WebGPU binds at multiples of 256 bytes. */
const SMALLEST_BYTES = 256;
/** Bytes that are kept for later use; what is released beyond them is destroyed. */
const MOST_IDLE_BYTES = 512 * 2 ** 20;

/** @param destroy destroys a buffer when nothing that was enqueued uses it any more */
export function bufferPool(
  device: GPUDevice,
  guarded: <T>(what: string, body: () => T) => T,
  destroy: (buffer: GPUBuffer) => void,
): BufferPool {
  const idle = new Map<number, GPUBuffer[]>();
  const all = new Set<GPUBuffer>();
  let used = 0;
  let usedBuffers = 0;
  let reserved = 0;
  const most = mostBytesOf(device);

  return {
    take(bytes) {
      if (bytes > most) {
        throw new UnsupportedError(
          `${bytes} bytes at once: this device binds at most ${most} (maxStorageBufferBindingSize); use smaller batches or blocks`,
        );
      }
      const size = Math.min(classOf(bytes), most);
      let buffer = idle.get(size)?.pop();
      if (!buffer) {
        buffer = guarded(`an array of ${size} bytes`, () =>
          device.createBuffer({
            size,
            usage: BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget,
          }),
        );
        all.add(buffer);
        reserved += size;
      }
      used += size;
      usedBuffers += 1;
      return { buffer, bytes: size };
    },
    give({ buffer, bytes }) {
      used -= bytes;
      usedBuffers -= 1;
      if (reserved - used > MOST_IDLE_BYTES) {
        all.delete(buffer);
        reserved -= bytes;
        destroy(buffer);
        return;
      }
      const others = idle.get(bytes) ?? [];
      others.push(buffer);
      idle.set(bytes, others);
    },
    forget({ buffer, bytes }) {
      all.delete(buffer);
      used -= bytes;
      usedBuffers -= 1;
      reserved -= bytes;
    },
    get used() {
      return used;
    },
    get usedBuffers() {
      return usedBuffers;
    },
    get reserved() {
      return reserved;
    },
    destroy() {
      for (const buffer of all) buffer.destroy();
      all.clear();
      idle.clear();
      used = usedBuffers = reserved = 0;
    },
  };
}

/** The next size of the form 2^k or 1.5 2^k. */
function classOf(bytes: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(SMALLEST_BYTES, bytes)));
  return bytes <= power * 0.75 && power > SMALLEST_BYTES ? power * 0.75 : power;
}

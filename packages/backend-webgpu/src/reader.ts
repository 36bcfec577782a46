import type { BufferPool } from './device/bufferPool.js';
import type { CommandQueue } from './device/commandQueue.js';
import { BUFFER_USAGE, MAP_READ } from './device/constants.js';
import type { Failures } from './device/failures.js';
import type { Work } from './device/steps.js';
import { countOf, type StoredArray, sizeOf } from './storedArray.js';

/** What arrays live on. */
export interface ArrayDevice {
  readonly device: GPUDevice;
  readonly failures: Failures;
  readonly queue: CommandQueue;
  readonly pool: BufferPool;
  /** What a kernel can bind. */
  readonly mostBytes: number;
}

export interface Reader {
  /** @param signal ends a read whose turn has not come */
  read(arrays: readonly StoredArray[], signal?: AbortSignal): Promise<Float32Array[]>;
  dispose(): void;
}

/** Numbers of an array on the device, one after the other, and where they go in a copy that the host can see. */
interface Stretch {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
  /** Which copy, and from which byte on. */
  readonly copy: number;
  readonly at: number;
}

/** The pieces of some arrays side by side, in as few copies as what a device binds allows. */
function stretchesOf(arrays: readonly StoredArray[], mostBytes: number) {
  const sizes: number[] = [];
  const stretches = arrays.map((array) => {
    const total = countOf(array.shape);
    const numbersOfPiece = Math.min(total, array.entriesOfPiece * sizeOf(array));
    if (total === 0) return [];
    return array.pieces.map(({ buffer, offset }, index): Stretch => {
      const bytes = 4 * Math.min(numbersOfPiece, total - index * numbersOfPiece);
      if (sizes.length === 0 || sizes[sizes.length - 1] + bytes > mostBytes) sizes.push(0);
      const copy = sizes.length - 1;
      const at = sizes[copy];
      sizes[copy] += bytes;
      return { buffer, offset, bytes, copy, at };
    });
  });
  return { sizes, stretches };
}

/** Reads arrays, by copies that the host can see. */
export function reader({ device, failures, queue, mostBytes }: ArrayDevice): Reader {
  const copies = new Set<GPUBuffer>();
  const destroy = (copy: GPUBuffer) => {
    copies.delete(copy);
    // A read that was taken back may have been encoded already.
    queue.destroyBuffer(copy);
  };

  /** The copies, when all work before has been submitted. */
  const copied = (
    arrays: readonly StoredArray[],
    { sizes, stretches }: ReturnType<typeof stretchesOf>,
    signal: AbortSignal | undefined,
  ) => {
    const taken: GPUBuffer[] = [];
    let forget = () => {};
    const submitted = new Promise<readonly GPUBuffer[]>((resolve, refuse) => {
      const work: Work = {
        kernels: [],
        reads: arrays,
        writes: [],
        wanted: true,
        refuse,
        *steps() {
          for (const bytes of sizes) {
            const to = failures.guarded('a read', () =>
              device.createBuffer({ size: bytes, usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget }),
            );
            copies.add(to);
            taken.push(to);
          }
          for (const { buffer, offset, bytes, copy, at } of stretches.flat()) {
            yield { type: 'copy', from: { buffer, offset }, to: taken[copy], toOffset: at, bytes };
          }
          yield { type: 'host', act: () => resolve(taken) };
        },
      };
      const cancel = () => queue.cancel(work, signal?.reason);
      signal?.addEventListener('abort', cancel, { once: true });
      forget = () => signal?.removeEventListener('abort', cancel);
      queue.add(work);
    });
    return submitted.finally(forget).catch((error) => {
      taken.forEach(destroy);
      throw error;
    });
  };

  return {
    async read(arrays, signal) {
      const plan = stretchesOf(arrays, mostBytes);
      if (plan.sizes.length === 0) return arrays.map(() => new Float32Array(0));
      signal?.throwIfAborted();
      const taken = await copied(arrays, plan, signal);
      try {
        await Promise.all(taken.map((copy) => copy.mapAsync(MAP_READ)));
        await failures.settled();
        const mapped = taken.map((copy) => copy.getMappedRange());
        return arrays.map(({ shape }, index) => {
          const numbers = new Float32Array(countOf(shape));
          let filled = 0;
          for (const { copy, at, bytes } of plan.stretches[index]) {
            numbers.set(new Float32Array(mapped[copy], at, bytes / 4), filled);
            filled += bytes / 4;
          }
          return numbers;
        });
      } catch (error) {
        throw await failures.ended(error);
      } finally {
        taken.forEach(destroy);
      }
    },
    dispose() {
      for (const copy of copies) copy.destroy();
      copies.clear();
    },
  };
}

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
  read(array: StoredArray, signal?: AbortSignal): Promise<Float32Array>;
  dispose(): void;
}

/** Reads arrays, by copies that the host can see. */
export function reader({ device, failures, queue }: ArrayDevice): Reader {
  const copies = new Set<GPUBuffer>();
  const destroy = (copy: GPUBuffer) => {
    copies.delete(copy);
    // A read that was taken back may have been encoded already.
    queue.destroyBuffer(copy);
  };

  /** Copies of the pieces of an array, when all work before has been submitted. */
  const copied = (array: StoredArray, signal: AbortSignal | undefined) => {
    const total = countOf(array.shape);
    const numbersOfPiece = Math.min(total, array.entriesOfPiece * sizeOf(array));
    const taken: GPUBuffer[] = [];
    let forget = () => {};
    const submitted = new Promise<readonly GPUBuffer[]>((resolve, refuse) => {
      const work: Work = {
        kernels: [],
        reads: [array],
        writes: [],
        wanted: true,
        refuse,
        *steps() {
          for (const [index, { buffer, offset }] of array.pieces.entries()) {
            const bytes = 4 * Math.min(numbersOfPiece, total - index * numbersOfPiece);
            const to = failures.guarded('a read', () =>
              device.createBuffer({ size: bytes, usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget }),
            );
            copies.add(to);
            taken.push(to);
            yield { type: 'copy', from: { buffer, offset }, to, toOffset: 0, bytes };
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
    async read(array, signal) {
      const total = countOf(array.shape);
      const numbers = new Float32Array(total);
      if (total === 0) return numbers;
      signal?.throwIfAborted();
      const taken = await copied(array, signal);
      try {
        await Promise.all(taken.map((copy) => copy.mapAsync(MAP_READ)));
        await failures.settled();
        let at = 0;
        for (const copy of taken) {
          const piece = new Float32Array(copy.getMappedRange());
          numbers.set(piece, at);
          at += piece.length;
        }
        return numbers;
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

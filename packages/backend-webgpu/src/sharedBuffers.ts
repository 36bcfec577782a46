import { type DeviceArray, InvalidOptionError, UnsupportedError } from '@sinkhorn/core';
import type { BufferSharing } from './bufferSharing.js';
import { BUFFER_USAGE } from './device/constants.js';
import type { ArrayDevice } from './reader.js';
import { countOf, entriesThatFit, type Piece, type StoredArray, sizeOf } from './storedArray.js';

/** What the backend does with arrays. */
interface Holding {
  /** The inside of an array that was not released. */
  stored(array: DeviceArray): StoredArray;
  hold(array: StoredArray): StoredArray;
  /** Ends an array, and gives back its memory. */
  drop(array: StoredArray): void;
  /** Ends an array alone. */
  end(array: StoredArray): void;
}

export function bufferSharing(
  { device, failures, queue, pool, mostBytes }: ArrayDevice,
  { stored, hold, drop, end }: Holding,
): BufferSharing {
  return {
    fromBuffer(buffer, shape, offset = 0) {
      failures.check();
      const bytes = 4 * countOf(shape);
      checkBuffer(buffer, bytes, offset);
      // A binding begins at an aligned place, somewhat before its piece.
      const entriesOfPiece = entriesThatFit(shape, mostBytes - device.limits.minStorageBufferOffsetAlignment);
      const bytesOfPiece = Math.min(bytes, 4 * entriesOfPiece * sizeOf({ shape })) || bytes;
      const pieces: Piece[] = [];
      for (let at = 0; at === 0 || at < bytes; at += Math.max(4, bytesOfPiece)) {
        pieces.push({ buffer, offset: offset + at, bytes: Math.min(bytesOfPiece, bytes - at) });
      }
      return hold({ shape: [...shape], pieces, entriesOfPiece, foreign: true });
    },
    takeBuffer(array) {
      const known = stored(array);
      const [piece] = known.pieces;
      if (known.foreign || known.pieces.length > 1) return joined(known);
      queue.flush();
      end(known);
      pool.forget(piece);
      return piece.buffer;
    },
  };

  /** One buffer with a copy of all pieces. */
  function joined(array: StoredArray): GPUBuffer {
    const bytes = 4 * countOf(array.shape);
    if (bytes > device.limits.maxBufferSize) {
      throw new UnsupportedError(
        `takeBuffer: an array of ${bytes} bytes; this device has buffers of ${device.limits.maxBufferSize} at most (maxBufferSize): read it`,
      );
    }
    const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget;
    const to = failures.guarded('the copy of an array', () => device.createBuffer({ size: Math.max(4, bytes), usage }));
    const bytesOfPiece = 4 * Math.min(countOf(array.shape), array.entriesOfPiece * sizeOf(array));
    queue.add({
      kernels: [],
      reads: [array],
      writes: [],
      wanted: true,
      *steps() {
        for (const [index, { buffer, offset }] of array.pieces.entries()) {
          const toOffset = index * bytesOfPiece;
          const length = Math.min(bytesOfPiece, bytes - toOffset);
          if (length > 0) yield { type: 'copy', from: { buffer, offset }, to, toOffset, bytes: length };
        }
      },
    });
    queue.flush();
    drop(array);
    return to;
  }
}

/** Throws an error that says why a caller's buffer cannot be an array of so many bytes. */
function checkBuffer(buffer: GPUBuffer, bytes: number, offset: number): void {
  if (!Number.isInteger(offset) || offset < 0 || offset % 4 !== 0) {
    throw new InvalidOptionError(`fromBuffer: offset is ${offset}: give a multiple of 4, in bytes`);
  }
  if (offset + bytes > buffer.size) {
    throw new InvalidOptionError(
      `fromBuffer: the buffer has ${buffer.size} bytes and its array ends at ${offset + bytes}: give a smaller shape or offset`,
    );
  }
  const needed = BUFFER_USAGE.storage | BUFFER_USAGE.copySource;
  if ((buffer.usage & needed) !== needed) {
    throw new InvalidOptionError(
      `fromBuffer: the buffer's usage is ${buffer.usage}: create it with GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC`,
    );
  }
}

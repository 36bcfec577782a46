import type { DeviceArray } from '@sinkhorn/core';
import type { WebgpuType } from './webgpuType.js';

/** Arrays and buffers of one device, without a copy in between. */
export interface BufferSharing {
  /**
   * A caller's buffer, or a part of one, as an array of this backend; nothing is copied. The buffer is of the backend's device, has the
   * usage STORAGE | COPY_SRC and stays the caller's: as long as the array is not released it must hold the same numbers, and
   * `release` does not destroy it. Once `release` has returned, all work that reads it was submitted to the device's
   * queue: it may be written to, by way of the queue, or destroyed.
   *
   * @param shape - [N, size] or [B, N, size], of float32
   * @param offset - in bytes, a multiple of 4
   * @throws InvalidOptionError for a buffer that is too short or lacks a usage, and for a bad offset.
   */
  fromBuffer(buffer: WebgpuType<'GPUBuffer'>, shape: readonly number[], offset?: number): DeviceArray;
  /**
   * The buffer of an array, which becomes the caller's and ends the array: its numbers come first, row by row; the buffer may be longer.
   * Its usage is STORAGE | COPY_SRC | COPY_DST, and the caller destroys it. All work that writes it was submitted to the device's queue, so
   * that what the caller submits sees the results. It is a copy where the array was made by `fromBuffer`, or is in several pieces.
   *
   * @throws UnsupportedError for an array that is longer than any buffer of the device.
   */
  takeBuffer(array: DeviceArray): WebgpuType<'GPUBuffer'>;
}

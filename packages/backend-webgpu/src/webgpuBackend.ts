import {
  type Backend,
  type DeviceArray,
  InvalidFormulaError,
  InvalidOptionError,
  resolveReduction,
} from '@sinkhorn/core';
import { bufferPool, type PooledBuffer } from './device/bufferPool.js';
import { commandQueue } from './device/commandQueue.js';
import { BUFFER_USAGE, MAP_READ } from './device/constants.js';
import { failures as watchFailures } from './device/failures.js';
import { type CompiledKernel, compileKernel } from './device/pipelines.js';
import { dispatch, type Engine, type StoredArray } from './dispatch.js';
import { hasSecond } from './kernel/results.js';

/** What a backend holds on the device. */
export interface WebgpuMemory {
  /** Bytes of arrays, and the number of buffers that they are in. */
  readonly used: number;
  readonly buffers: number;
  /** Bytes of all buffers, with those that wait for their next use. */
  readonly reserved: number;
}

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
  fromBuffer(buffer: GPUBuffer, shape: readonly number[], offset?: number): DeviceArray;
  /**
   * The buffer of an array, which becomes the caller's and ends the array: its numbers come first, row by row; the buffer may be longer.
   * Its usage is STORAGE | COPY_SRC | COPY_DST, and the caller destroys it. All work that writes it was submitted to the device's queue, so
   * that what the caller submits sees the results. Of an array made by `fromBuffer` it is a new buffer, with a copy.
   */
  takeBuffer(array: DeviceArray): GPUBuffer;
}

/** The backend interface over a device. */
export function webgpuBackend(device: GPUDevice): Backend & BufferSharing & { memory(): WebgpuMemory } {
  const failures = watchFailures(device);
  const queue = commandQueue(device, failures);
  const pool = bufferPool(device, failures.guarded, queue.flush);
  const kernels = new Map<string, CompiledKernel>();
  const held = new Set<DeviceArray>();
  const reading = new Set<GPUBuffer>();

  const engine: Engine = {
    queue,
    pool,
    mostBindings: device.limits.maxStorageBuffersPerShaderStage,
    bindingAlignment: device.limits.minStorageBufferOffsetAlignment,
    kernel(key, generate) {
      let compiled = kernels.get(key);
      if (!compiled) {
        compiled = compileKernel(device, failures, generate());
        kernels.set(key, compiled);
      }
      return compiled;
    },
  };
  const stored = (array: DeviceArray): StoredArray => {
    failures.check();
    if (!held.has(array)) throw new InvalidFormulaError('this array was released, or belongs to another backend');
    return array as StoredArray;
  };
  const countOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  const allocate = (shape: readonly number[]): StoredArray => ({
    shape: [...shape],
    offset: 0,
    foreign: false,
    ...pool.take(4 * countOf(shape)),
  });
  const hold = (array: StoredArray): StoredArray => {
    held.add(array);
    return array;
  };

  return {
    name: 'webgpu',
    precision: 'float32',
    array(values, shape) {
      failures.check();
      const count = countOf(shape);
      if (values.length !== count) {
        throw new InvalidFormulaError(`array of shape [${shape}] needs ${count} values and has ${values.length}`);
      }
      const array = hold(allocate(shape));
      if (count > 0) queue.write(array.buffer, Float32Array.from(values));
      return array;
    },
    reduce(reduction) {
      failures.check();
      const resolved = resolveReduction(reduction);
      for (const arrays of [reduction.rows, reduction.columns]) Object.values(arrays).forEach(stored);
      const { batch, batched, rows, resultSize } = resolved;
      const shapeOf = (size: number) => (batched ? [batch, rows, size] : [rows, size]);
      const main = allocate(shapeOf(resultSize));
      let second: StoredArray | undefined;
      try {
        if (hasSecond(reduction.kind)) second = allocate(shapeOf(1));
        dispatch(engine, reduction, resolved, { main, second });
      } catch (error) {
        pool.give(main);
        if (second) pool.give(second);
        throw error;
      }
      return (second ? [main, second] : [main]).map(hold);
    },
    async read(array) {
      const { buffer, shape, offset } = stored(array);
      const bytes = 4 * countOf(shape);
      if (bytes === 0) return new Float32Array(0);
      queue.flush();
      const staging = failures.guarded('a read', () => {
        const target = device.createBuffer({ size: bytes, usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget });
        const encoder = device.createCommandEncoder();
        encoder.copyBufferToBuffer(buffer, offset, target, 0, bytes);
        device.queue.submit([encoder.finish()]);
        return target;
      });
      reading.add(staging);
      try {
        await staging.mapAsync(MAP_READ);
      } catch (error) {
        reading.delete(staging);
        staging.destroy();
        throw await failures.ended(error);
      }
      reading.delete(staging);
      try {
        await failures.settled();
        return new Float32Array(staging.getMappedRange().slice(0));
      } finally {
        staging.destroy();
      }
    },
    release(array) {
      const known = stored(array);
      held.delete(array);
      if (!known.foreign) pool.give(known);
      else if (queue.uses(known.buffer)) queue.flush();
    },
    fromBuffer(buffer, shape, offset = 0) {
      failures.check();
      const bytes = 4 * countOf(shape);
      checkBuffer(buffer, bytes, offset);
      return hold({ shape: [...shape], buffer, bytes, offset, foreign: true });
    },
    takeBuffer(array) {
      const known = stored(array);
      let taken: PooledBuffer = known;
      if (known.foreign) {
        const bytes = 4 * countOf(known.shape);
        taken = pool.take(bytes);
        if (bytes > 0) queue.copy(known, taken.buffer, 0, bytes);
      }
      queue.flush();
      held.delete(array);
      pool.forget(taken);
      return taken.buffer;
    },
    memory: () => ({ used: pool.used, buffers: pool.usedBuffers, reserved: pool.reserved }),
    dispose() {
      failures.dispose();
      held.clear();
      kernels.clear();
      for (const staging of reading) staging.destroy();
      reading.clear();
      pool.destroy();
      queue.dispose();
    },
  };
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

import { type Backend, type DeviceArray, InvalidFormulaError, resolveReduction } from '@sinkhorn/core';
import { bufferPool } from './device/bufferPool.js';
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

/** The backend interface over a device. */
export function webgpuBackend(device: GPUDevice): Backend & { memory(): WebgpuMemory } {
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
  const allocate = (shape: readonly number[]): StoredArray => ({ shape: [...shape], ...pool.take(4 * countOf(shape)) });
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
      const { buffer, shape } = stored(array);
      const bytes = 4 * countOf(shape);
      if (bytes === 0) return new Float32Array(0);
      queue.flush();
      const staging = failures.guarded('a read', () => {
        const target = device.createBuffer({ size: bytes, usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget });
        const encoder = device.createCommandEncoder();
        encoder.copyBufferToBuffer(buffer, 0, target, 0, bytes);
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
      pool.give(known);
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

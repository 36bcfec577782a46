import {
  type Backend,
  type DeviceArray,
  float32Functions,
  InvalidFormulaError,
  lowered,
  permutedShape,
  resolveReduction,
  unlessLost,
} from '@sinkhorn/core';
import type { BufferSharing } from './bufferSharing.js';
import { bufferPool, mostBytesOf } from './device/bufferPool.js';
import { commandQueue } from './device/commandQueue.js';
import { failures as watchFailures } from './device/failures.js';
import { type CompiledKernel, compileKernel } from './device/pipelines.js';
import { dispatch, permute } from './dispatch.js';
import type { Engine } from './job.js';
import { hasSecond } from './kernel/results.js';
import { reader } from './reader.js';
import { bufferSharing } from './sharedBuffers.js';
import { countOf, entriesThatFit, type StoredArray, sizeOf } from './storedArray.js';
import type { WebgpuMemory } from './webgpuMemory.js';

/** What is a part of its own in bundles. */
export interface WebgpuParts {
  readonly softmaxAlongAxis: typeof import('./alongAxis.js').softmaxAlongAxis;
}

/** The backend interface over a device. */
export function webgpuBackend(
  device: GPUDevice,
  { softmaxAlongAxis }: WebgpuParts,
): Backend & BufferSharing & { memory(): WebgpuMemory } {
  const failures = watchFailures(device);
  const held = new Set<object>();
  const queue = commandQueue(device, failures, (target) => held.has(target));
  const pool = bufferPool(device, failures.guarded, queue.destroyBuffer);
  const kernels = new Map<string, CompiledKernel>();
  const byCode = new Map<string, CompiledKernel>();
  const mostBytes = mostBytesOf(device);
  const arrays = { device, failures, queue, pool, mostBytes };
  const readers = reader(arrays);
  failures.onFailure(queue.abandon);

  const engine: Engine = {
    queue,
    pool,
    mostBytes,
    mostBindings: device.limits.maxStorageBuffersPerShaderStage,
    bindingAlignment: device.limits.minStorageBufferOffsetAlignment,
    kernel(key, generate) {
      let compiled = kernels.get(key);
      if (!compiled) {
        const kernel = generate();
        // Formulas may differ in names alone, and their kernels are the same text.
        const alike = byCode.get(kernel.code) ?? compileKernel(device, failures, kernel, queue.resume);
        compiled = { ...alike, ...kernel };
        byCode.set(kernel.code, compiled);
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
  const hold = (array: StoredArray): StoredArray => {
    held.add(array);
    return array;
  };
  const end = (array: StoredArray) => {
    held.delete(array);
    queue.released();
  };
  const drop = (array: StoredArray) => {
    end(array);
    if (!array.foreign) for (const piece of array.pieces) pool.give(piece);
    // The caller may do what it likes with its buffer from now on.
    else if (queue.uses(array.pieces[0].buffer)) queue.flush();
  };
  const allocate = (shape: readonly number[]): StoredArray => {
    const count = countOf(shape);
    const entriesOfPiece = entriesThatFit(shape, mostBytes);
    const numbersOfPiece = Math.min(count, entriesOfPiece * sizeOf({ shape })) || count;
    const pieces = [];
    for (let at = 0; at === 0 || at < count; at += numbersOfPiece) {
      pieces.push({ ...pool.take(4 * Math.min(numbersOfPiece, count - at)), offset: 0 });
      if (count === 0) break;
    }
    return hold({ shape: [...shape], pieces, entriesOfPiece, foreign: false });
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
      const numbers = new Float32Array(values);
      const array = allocate(shape);
      if (count === 0) return array;
      const numbersOfPiece = Math.min(count, array.entriesOfPiece * sizeOf(array));
      array.pieces.forEach(({ buffer }, index) => {
        queue.write(array, buffer, numbers.subarray(index * numbersOfPiece, (index + 1) * numbersOfPiece));
      });
      return array;
    },
    reduce(given) {
      failures.check();
      const reduction = lowered(given, float32Functions);
      const resolved = resolveReduction(reduction, ['floor', 'where']);
      for (const arrays of [reduction.rows, reduction.columns]) Object.values(arrays).forEach(stored);
      const { batch, batched, rows, resultSize } = resolved;
      const shapeOf = (size: number) => (batched ? [batch, rows, size] : [rows, size]);
      const main = allocate(shapeOf(resultSize));
      let second: StoredArray | undefined;
      try {
        if (hasSecond(reduction.kind)) second = allocate(shapeOf(1));
        dispatch(engine, reduction, resolved, { main, second });
      } catch (error) {
        drop(main);
        if (second) drop(second);
        throw error;
      }
      return second ? [main, second] : [main];
    },
    permute(given, order) {
      const array = stored(given);
      const main = allocate(permutedShape(array.shape, order));
      try {
        permute(engine, array, order, main);
      } catch (error) {
        drop(main);
        throw error;
      }
      return main;
    },
    logSumExpAlongAxis: (given) => softmaxAlongAxis(engine, given, stored(given.scores), allocate, drop),
    async read(array, signal) {
      const [values] = await readers.read([stored(array)], signal);
      return values;
    },
    async readAll(arrays, signal) {
      return await readers.read(arrays.map(stored), signal);
    },
    drain: () => queue.drain(),
    release(array) {
      const known = unlessLost(() => stored(array));
      if (known) drop(known);
    },
    ...bufferSharing(arrays, { stored, hold, drop, end }),
    memory: () => ({ used: pool.used, buffers: pool.usedBuffers, reserved: pool.reserved }),
    dispose() {
      failures.dispose();
      held.clear();
      kernels.clear();
      byCode.clear();
      queue.abandon(failures.disposal());
      readers.dispose();
      pool.destroy();
      queue.dispose();
    },
  };
}

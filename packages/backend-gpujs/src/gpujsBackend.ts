import {
  type Backend,
  type DeviceArray,
  float32Functions,
  InvalidFormulaError,
  lowered,
  resolveReduction,
  unlessLost,
} from '@sinkhorn/core';
import type { Device } from './device/device.js';
import { textures as makeTextures, shapeOf } from './device/textures.js';
import { dispatch, type Engine, type StoredArray } from './dispatch.js';
import type { GpujsMemory } from './gpujsMemory.js';

/** The backend interface over gpu.js in one of its modes. */
export function gpujsBackend(device: Device): Backend & { memory(): GpujsMemory } {
  const textures = makeTextures(device);
  const kernels = new Map<string, ReturnType<Engine['kernel']>>();
  const held = new Set<DeviceArray>();
  const engine: Engine = {
    device,
    textures,
    kernel(key, generate) {
      let ready = kernels.get(key);
      if (!ready) {
        const source = generate();
        ready = { run: device.compile(source), parameters: source.parameters ?? [] };
        kernels.set(key, ready);
      }
      return ready;
    },
  };
  const stored = (array: DeviceArray): StoredArray => {
    device.check();
    if (!held.has(array)) throw new InvalidFormulaError('this array was released, or belongs to another backend');
    return array as StoredArray;
  };
  const hold = (array: StoredArray): StoredArray => {
    held.add(array);
    return array;
  };
  const numbersOf = ({ store, offset, shape }: StoredArray, texels: Float32Array) =>
    textures.extract(texels, store, offset, shape[shape.length - 1]);
  const isEmpty = ({ shape }: StoredArray) => shape.includes(0);

  return {
    name: 'gpujs',
    precision: 'float32',
    array(values, shape) {
      device.check();
      const count = shape.reduce((product, length) => product * length, 1);
      if (values.length !== count) {
        throw new InvalidFormulaError(`array of shape [${shape}] needs ${count} values and has ${values.length}`);
      }
      const { size, ...whole } = shapeOf(shape);
      textures.sizeOf(whole);
      const store = textures.upload(Float32Array.from(values), whole, size);
      return hold({ shape: [...shape], store, offset: 0 });
    },
    reduce(given) {
      device.check();
      const reduction = lowered(given, float32Functions);
      const resolved = resolveReduction(reduction, ['floor', 'where']);
      for (const arrays of [reduction.rows, reduction.columns]) Object.values(arrays).forEach(stored);
      return dispatch(engine, reduction, resolved).map(hold);
    },
    async read(array, signal) {
      const known = stored(array);
      return isEmpty(known) ? new Float32Array(0) : numbersOf(known, await device.read(known.store.content, signal));
    },
    readSync(array) {
      const known = stored(array);
      return isEmpty(known) ? new Float32Array(0) : numbersOf(known, device.readSync(known.store.content));
    },
    release(array) {
      const known = unlessLost(() => stored(array));
      if (!known) return;
      held.delete(array);
      textures.release(known.store);
    },
    memory: () => ({ used: textures.used, textures: textures.count }),
    dispose() {
      held.clear();
      kernels.clear();
      textures.clear();
      device.dispose();
    },
  };
}

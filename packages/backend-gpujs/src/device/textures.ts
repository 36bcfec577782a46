import { UnsupportedError } from '@sinkhorn/core';
import { heightOf, type Layout, layoutOf, texelsOf } from '../layout.js';
import type { Content, Device } from './device.js';

/** Entries of one or more arrays, side by side, in one texture; freed when the last of them is released. */
export interface Store extends Layout {
  readonly content: Content;
  readonly entries: number;
  readonly elements: number;
  /** Whether every element of a batch has entries of its own. */
  readonly batched: boolean;
  /** Texels of an entry. */
  readonly texels: number;
}

/** Which texture to make. */
export interface StoreShape {
  readonly entries: number;
  readonly elements: number;
  readonly batched: boolean;
  readonly texels: number;
}

/** What textures a backend holds. */
export interface Textures {
  /** The size of a texture for so many entries, once for each of the copies; an error where the device has none so large. */
  sizeOf(shape: StoreShape, copies?: number): Layout & { readonly height: number };
  upload(values: Float32Array, shape: StoreShape, size: number): Store;
  /** Takes in what a kernel has written. */
  adopt(content: Content, shape: StoreShape): Store;
  hold(store: Store): void;
  release(store: Store): void;
  /** The numbers of an array in a texture that was read. */
  extract(texels: Float32Array, store: Store, offset: number, size: number): Float32Array;
  readonly used: number;
  readonly count: number;
  clear(): void;
}

export function textures(device: Device): Textures {
  const holders = new Map<Store, number>();
  let used = 0;

  const sizeOf: Textures['sizeOf'] = ({ entries, elements, texels }, copies = 1) => {
    const layout = layoutOf(entries, device.widestLine);
    const height = heightOf(layout.lines * elements * texels * copies);
    if (height > device.maxTextureSize || layout.width * height > device.mostTexels) {
      throw new UnsupportedError(
        `${elements === 1 ? '' : `${elements} times `}${entries} entries of ${4 * texels} numbers need a texture of ${layout.width} x ${height}, ` +
          `and ${device.mode} has at most ${device.maxTextureSize} x ${device.maxTextureSize} here (MAX_TEXTURE_SIZE): use ${texels > device.maxTextureSize / 2 ? 'fewer dimensions, or another backend' : 'smaller clouds or batches'}`,
      );
    }
    return { ...layout, height };
  };
  const adopt: Textures['adopt'] = (content, shape) => {
    const store: Store = { ...layoutOf(shape.entries, device.widestLine), ...shape, content };
    holders.set(store, 1);
    used += content.bytes;
    return store;
  };
  /** Calls with the place of each vector in a list of numbers, and in texels. */
  const eachEntry = (store: Omit<Store, 'content'>, body: (entry: number, texel: number) => void) => {
    let entry = 0;
    for (let element = 0; element < store.elements; element++) {
      for (let index = 0; index < store.entries; index++, entry++) {
        const line = Math.floor(index / store.width);
        const y = (element * store.lines + line) * store.texels;
        body(entry, y * store.width + (index - line * store.width));
      }
    }
  };

  return {
    sizeOf,
    adopt,
    upload(values, shape, size) {
      const layout = sizeOf(shape);
      const texels = new Float32Array(4 * layout.width * layout.height);
      eachEntry({ ...shape, ...layout }, (entry, texel) => {
        for (let component = 0; component < size; component++) {
          texels[4 * (texel + (component >> 2) * layout.width) + (component & 3)] = values[entry * size + component];
        }
      });
      return adopt(device.upload(texels, layout.width, layout.height), shape);
    },
    hold(store) {
      holders.set(store, (holders.get(store) ?? 0) + 1);
    },
    release(store) {
      const left = (holders.get(store) ?? 0) - 1;
      if (left > 0) {
        holders.set(store, left);
      } else if (holders.delete(store)) {
        used -= store.content.bytes;
        device.free(store.content);
      }
    },
    extract(texels, store, offset, size) {
      const values = new Float32Array(store.elements * store.entries * size);
      eachEntry(store, (entry, texel) => {
        for (let component = 0; component < size; component++) {
          const at = offset + component;
          values[entry * size + component] = texels[4 * (texel + (at >> 2) * store.width) + (at & 3)];
        }
      });
      return values;
    },
    get used() {
      return used;
    },
    get count() {
      return holders.size;
    },
    clear() {
      for (const { content } of holders.keys()) device.free(content);
      holders.clear();
      used = 0;
    },
  };
}

/** The shape of the texture of an array. */
export const shapeOf = (shape: readonly number[]): StoreShape & { readonly size: number } => {
  const size = shape[shape.length - 1];
  const batched = shape.length === 3;
  return {
    size,
    batched,
    elements: batched ? shape[0] : 1,
    entries: shape[shape.length - 2],
    texels: Math.max(1, texelsOf(size)),
  };
};

import type { Variable } from '@sinkhorn/core';
import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { i32x4, type Vector, v128 } from '../encoding/v128.js';
import type { Component } from './formulaCode.js';
import { laneNumbers } from './horizontal.js';
import { type KernelFrame, VECTOR_BYTES } from './kernelFrame.js';

/** Neighbouring entries of arrays, one a lane. */
export interface Entries {
  /** Index of the entry in the first lane. */
  readonly first: Local<'i32'>;
  /** Where entries end: lanes from here on repeat the last one when loaded, and are not stored. */
  readonly end: Local<'i32'>;
  load(array: string, size: number, component: Component): Vector;
  /** Stores one component of an array laid out entry by entry. */
  store(array: string, size: number, component: Component, value: Vector): void;
  /**
   * Stores one component of an array laid out vector by vector: the lanes of each component side by side, and 0 behind
   * the last entry.
   */
  storeLanes(array: string, size: number, component: Component, value: Vector): void;
}

const times = (index: Component, factor: number) =>
  typeof index === 'number' ? i32.constant(index * factor) : i32.mul(index, i32.constant(factor));

/** An address with a component's distance, which is part of the instruction where it is known now. */
function moved(address: Local<'i32'>, component: Component, bytes: number) {
  return typeof component === 'number'
    ? ([address, component * bytes] as const)
    : ([i32.add(address, times(component, bytes)), 0] as const);
}

/** Emits a loop over the entries from `start` to `end`, as many at a time as there are lanes. */
export function eachEntries(
  { builder, lanes, address }: KernelFrame,
  start: Local<'i32'>,
  end: Local<'i32'>,
  body: (entries: Entries) => void,
): void {
  const first = builder.local(start);
  const numbers = laneNumbers(builder, lanes);
  const held = new Map<string, readonly Local<'i32'>[]>();
  const addresses = (array: string, size: number) => {
    const found = held.get(array);
    if (found) return found;
    const made = Array.from({ length: lanes.count }, (_, lane) => {
      const index = lane === 0 ? first : i32.min(i32.add(first, lane), i32.sub(end, 1));
      return builder.local(i32.add(address(array), i32.mul(index, i32.constant(size * lanes.bytes))));
    });
    held.set(array, made);
    return made;
  };
  const entries: Entries = {
    first,
    end,
    load(array, size, component) {
      // Arrays end with room for a whole vector, so that the last entries can be loaded at once.
      if (size === 1) return v128.load(i32.add(address(array), times(first, lanes.bytes)));
      const [[lowest, offset], ...others] = addresses(array, size).map((entry) => moved(entry, component, lanes.bytes));
      return others.reduce<Vector>(
        (vector, [entry, at], k) => lanes.loadLane(vector, entry, k + 1, at),
        lanes.splatLoad(lowest, offset),
      );
    },
    store(array, size, component, value) {
      const held = builder.local(value);
      for (let lane = 0; lane < lanes.count; lane++) {
        const index = i32.add(first, lane);
        builder.if(i32.lt(index, end), () => {
          const entry = builder.local(i32.add(address(array), i32.mul(index, i32.constant(size * lanes.bytes))));
          const [place, offset] = moved(entry, component, lanes.bytes);
          builder.add(lanes.storeLane(held, place, lane, offset));
        });
      }
    },
    storeLanes(array, size, component, value) {
      const vector = builder.local(
        i32.add(address(array), i32.mul(first, i32.constant((size * VECTOR_BYTES) / lanes.count))),
      );
      const [place, offset] = moved(vector, component, VECTOR_BYTES);
      const here = lanes.fromIntegers(i32x4.splat(i32.sub(end, first)));
      builder.add(v128.store(place, v128.and(value, lanes.gt(here, numbers)), offset));
    },
  };
  builder.while(
    () => i32.lt(first, end),
    () => {
      held.clear();
      body(entries);
      builder.set(first, i32.add(first, lanes.count));
    },
  );
}

/** The name that a variable's array has among a kernel's arguments. */
export const arrayName = ({ side, name }: Pick<Variable, 'side' | 'name'>): string => `${side}:${name}`;

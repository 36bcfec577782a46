import type { Lanes } from '../arithmetic/lanes.js';
import { i32 } from '../encoding/i32.js';
import { BLOCK_ENTRIES } from './arguments.js';
import { encodeKernel, type Kernel } from './kernel.js';
import { argumentLayout, kernelFrame } from './kernelFrame.js';

/** A kernel that copies rows of any length, word by word. In place of a block pattern it has the bytes of a row, and the order. */
export function permuteKernel(lanes: Lanes, shared: boolean): Kernel {
  const frame = kernelFrame(lanes, argumentLayout(['from', 'main'], [], lanes));
  const { builder, parameters, address } = frame;
  const bytes = builder.local(i32.load(parameters.arguments, BLOCK_ENTRIES.columnStarts));
  const order = builder.local(i32.load(parameters.arguments, BLOCK_ENTRIES.columnBlocks));
  const row = builder.local(parameters.start);
  const to = builder.local(i32.add(address('main'), i32.mul(row, bytes)));
  builder.while(
    () => i32.lt(row, parameters.end),
    () => {
      const place = i32.load(i32.add(order, i32.shl(row, 2)));
      const from = builder.local(i32.add(address('from'), i32.mul(place, bytes)));
      const end = builder.local(i32.add(to, bytes));
      builder.while(
        () => i32.lt(to, end),
        () => {
          builder.add(i32.store(to, i32.load(from)));
          builder.set(from, i32.add(from, 4));
          builder.set(to, i32.add(to, 4));
        },
      );
      builder.set(row, i32.add(row, 1));
    },
  );
  return { ...encodeKernel(frame, shared), scratchBytes: 0, rowsAtMost: Number.POSITIVE_INFINITY };
}

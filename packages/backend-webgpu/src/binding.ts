import type { Reduction } from '@sinkhorn/core';
import type { Cut, Range } from './cuts.js';
import type { CompiledKernel } from './device/pipelines.js';
import type { BufferRange, CopyStep, RunStep } from './device/steps.js';
import { type Binding, WORD, wordOfArray, wordOfParameter, wordsOf } from './kernel/kernel.js';
import { countOf, entriesBefore, pieceAt, type StoredArray, sizeOf } from './storedArray.js';

/** The results of a reduction. */
export interface Outputs {
  readonly main: StoredArray;
  readonly second?: StoredArray;
}

/** Buffers of a reduction besides its arrays. */
export interface Scratch {
  /** Where arrays are put together, for kernels that bind fewer than there are. */
  readonly gathered?: GPUBuffer;
  readonly table?: GPUBuffer;
  readonly partials?: GPUBuffer;
}

export type Words = Partial<Record<keyof typeof WORD, number>>;

/** What differs between the runs of a kernel on the same buffers. */
export interface Part {
  readonly words: Words;
  readonly groups: readonly [number, number, number];
  readonly operations: number;
}

/** A kernel with what it binds for a cut, ready to run part by part. */
export interface Bound {
  /** Copies that have to come before the first run. */
  readonly copies: readonly CopyStep[];
  run(part: Part): RunStep;
}

const INFINITY_BITS = 0x7f800000;
const whole = (buffer: GPUBuffer): BufferRange => ({ buffer, offset: 0 });

/** Binds a kernel to the arrays of a reduction, for some rows and columns in which each is in one piece. */
export function bind(
  kernel: CompiledKernel,
  reduction: Reduction,
  { main, second }: Outputs,
  scratch: Scratch,
  cut: Pick<Cut, 'element' | 'elements' | 'rows'> & { readonly columns: Range },
  sizes: { readonly rows: number; readonly alignment: number },
): Bound {
  const common = new Uint32Array(wordsOf(kernel));
  const numbers = new Float32Array(common.buffer);
  const copies: CopyStep[] = [];
  const inputs: BufferRange[] = [];
  const gathers = kernel.bindings.some(({ binding }) => binding === 'gathered');
  let gathered = 0;
  kernel.arrays.forEach(({ side, name }, index) => {
    const array = (side === 'row' ? reduction.rows : reduction.columns)[name] as StoredArray;
    const size = sizeOf(array);
    const window = side === 'row' ? cut.rows : cut.columns;
    const before = entriesBefore(array, cut.element);
    const { piece, first } = pieceAt(array, before + window.start);
    const stride = array.shape.length === 3 ? array.shape[1] * size : 0;
    // Kernels count from the beginning of the array: what is not at hand is subtracted, modulo 2^32 as they count.
    let base = -first * size;
    if (gathers && scratch.gathered) {
      const oneElement = cut.elements === 1;
      const start = oneElement ? before + window.start : 0;
      const count = (oneElement ? window.end - window.start : countOf(array.shape) / Math.max(1, size)) * size;
      const from = { buffer: piece.buffer, offset: piece.offset + 4 * size * (start - first) };
      if (count > 0) {
        copies.push({ type: 'copy', from, to: scratch.gathered, toOffset: 4 * gathered, bytes: 4 * count });
      }
      base = gathered - start * size;
      gathered += count;
    } else if (array.foreign) {
      const ahead = piece.offset % sizes.alignment;
      base += ahead / 4;
      inputs.push({
        buffer: piece.buffer,
        offset: piece.offset - ahead,
        size: Math.max(4, ahead + piece.bytes),
      });
    } else {
      inputs.push(whole(piece.buffer));
    }
    common[wordOfArray(index)] = base;
    common[wordOfArray(index) + 1] = stride;
  });
  kernel.parameters.forEach((name, index) => {
    numbers[wordOfParameter(kernel.arrays.length, index)] = reduction.parameters[name];
  });

  const output = (array: StoredArray) => pieceAt(array, cut.element * sizes.rows + cut.rows.start);
  const named: Partial<Record<Binding, BufferRange>> = {
    gathered: scratch.gathered && whole(scratch.gathered),
    table: scratch.table && whole(scratch.table),
    partials: scratch.partials && whole(scratch.partials),
    main: whole(output(main).piece.buffer),
    second: second && whole(output(second).piece.buffer),
  };
  const ranges = kernel.bindings.map(({ binding }) => {
    const range = typeof binding === 'number' ? inputs[binding] : named[binding];
    if (!range) throw new Error(`nothing to bind for '${binding}'`);
    return range;
  });
  common[WORD.rows] = sizes.rows;
  common[WORD.columnStart] = cut.columns.start;
  common[WORD.columns] = cut.columns.end;
  common[WORD.splits] = common[WORD.splitsHere] = 1;
  common[WORD.infinity] = INFINITY_BITS;
  common[WORD.mainStart] = output(main).first;
  if (second) common[WORD.secondStart] = output(second).first;
  return {
    copies,
    run({ words, groups, operations }) {
      const uniforms = common.slice();
      for (const [name, value] of Object.entries(words)) uniforms[WORD[name as keyof typeof WORD]] = value;
      return { type: 'run', kernel, ranges, uniforms, groups, operations };
    },
  };
}

/**
 * What a kernel finds in memory at the address it is given: addresses and counts in 32 bits each, then parameters and
 * the components of long constants as numbers of the kernel's precision.
 */
export interface ArgumentLayout {
  /** The arrays, in the order of their entries: an address, and the bytes from one element of a batch to the next. */
  readonly arrays: readonly string[];
  /** Names of the numbers that come with each call. */
  readonly parameters: readonly string[];
  /** Numbers that are always the same. */
  readonly constants: readonly number[];
  /** Bytes of a number. */
  readonly bytes: 4 | 8;
}

/** Bytes before the arrays: the addresses of the block pattern's `columnStarts` and `columnBlocks`. */
export const BLOCK_ENTRIES = { columnStarts: 0, columnBlocks: 4 } as const;
/** Behind them, how many rows and columns there are: where numbers of pairs stand. */
export const SIZE_ENTRIES = { rows: 8, columns: 12 } as const;
const ARRAYS_OFFSET = 16;
const ARRAY_BYTES = 8;

/** Where an array's entry begins. */
export function arrayOffset({ arrays }: ArgumentLayout, name: string): number {
  const index = arrays.indexOf(name);
  if (index < 0) throw new RangeError(`a kernel has no array '${name}'`);
  return ARRAYS_OFFSET + ARRAY_BYTES * index;
}

const numbersOffset = ({ arrays }: ArgumentLayout): number => ARRAYS_OFFSET + ARRAY_BYTES * arrays.length;

/** Where a parameter stands. */
export function parameterOffset(layout: ArgumentLayout, name: string): number {
  const index = layout.parameters.indexOf(name);
  if (index < 0) throw new RangeError(`a kernel has no parameter '${name}'`);
  return numbersOffset(layout) + layout.bytes * index;
}

/** Where the constants begin. */
export const constantsOffset = (layout: ArgumentLayout): number =>
  numbersOffset(layout) + layout.bytes * layout.parameters.length;

/** Bytes of all arguments together. */
export const argumentBytes = (layout: ArgumentLayout): number =>
  constantsOffset(layout) + layout.bytes * layout.constants.length;

/** An array in memory: its address, and the bytes from one element of a batch to the next. */
export interface ArrayArgument {
  readonly address: number;
  readonly stride: number;
}

/** Writes the arguments of a call. */
export function writeArguments(
  layout: ArgumentLayout,
  buffer: ArrayBufferLike,
  address: number,
  blocks: { readonly columnStarts: number; readonly columnBlocks: number },
  sizes: { readonly rows: number; readonly columns: number } | undefined,
  arrays: Readonly<Record<string, ArrayArgument>>,
  parameters: Readonly<Record<string, number>>,
): void {
  const view = new DataView(buffer, address);
  view.setUint32(BLOCK_ENTRIES.columnStarts, blocks.columnStarts, true);
  view.setUint32(BLOCK_ENTRIES.columnBlocks, blocks.columnBlocks, true);
  view.setUint32(SIZE_ENTRIES.rows, sizes?.rows ?? 0, true);
  view.setUint32(SIZE_ENTRIES.columns, sizes?.columns ?? 0, true);
  for (const name of layout.arrays) {
    const offset = arrayOffset(layout, name);
    view.setUint32(offset, arrays[name].address, true);
    view.setUint32(offset + 4, arrays[name].stride, true);
  }
  const numbers = [...layout.parameters.map((name) => parameters[name]), ...layout.constants];
  numbers.forEach((value, index) => {
    const offset = numbersOffset(layout) + layout.bytes * index;
    if (layout.bytes === 4) view.setFloat32(offset, value, true);
    else view.setFloat64(offset, value, true);
  });
}

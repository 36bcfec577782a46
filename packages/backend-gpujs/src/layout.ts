/** Columns of a tile: lines of textures are so wide that no tile goes over the end of one. */
export const TILE_COLUMNS = 32;
/** Wider textures gain nothing. */
const MOST_WIDTH = 8192;

/** How the entries of arrays lie in textures: line by line, each entry in so many texels, one line of texels after the other. */
export interface Layout {
  readonly width: number;
  /** Lines of entries of each element of a batch. */
  readonly lines: number;
}

/**
 * The layout of so many entries: it depends on their number alone, so that a row is at the same place in all arrays.
 *
 * Textures are about as high as they are wide: a GPU takes two lines at a time, and is idle on half of a single one.
 */
export function layoutOf(entries: number, mostWidth: number): Layout {
  if (entries <= TILE_COLUMNS) return { width: Math.max(1, entries), lines: 1 };
  const wanted = 2 ** Math.ceil(Math.log2(2 * Math.sqrt(entries)));
  const width = Math.max(TILE_COLUMNS, Math.min(wanted, mostWidth));
  return { width, lines: Math.ceil(entries / width) };
}

/** The widest line on a device: a power of two, so that floats find line and column of an entry without rounding. */
export const widestLine = (maxTextureSize: number): number =>
  2 ** Math.floor(Math.log2(Math.min(MOST_WIDTH, maxTextureSize)));

/** Texels that hold a vector of so many components. */
export const texelsOf = (size: number): number => Math.ceil(size / 4);

/** gpu.js lays outputs of a single line out in its own way: textures have two at least. */
export const heightOf = (lines: number): number => Math.max(2, lines);

import type { Variable } from '@sinkhorn/core';
import { texelsOf } from '../layout.js';
import { isLong } from './formulaCode.js';

/** Where the numbers of a variable are: in which of a kernel's textures, and from which component of an entry on. */
export interface Place {
  readonly texture: number;
  /** Texels of an entry. */
  readonly texels: number;
  readonly offset: number;
}

/** The places of all variables of a kernel. */
export interface Places {
  readonly textures: number;
  /** The place of a variable; that of the result of a reduction by its name. */
  of(variable: Pick<Variable, 'side' | 'name'>): Place;
  /** Equal for equal places. */
  readonly key: string;
}

/** How vectors lie side by side in the texels of an entry. */
export interface Packing {
  readonly offsets: readonly number[];
  readonly texels: number;
}

/** Packs vectors of these sizes: long ones first, each from the beginning of a texel on. */
export function packing(sizes: readonly number[]): Packing {
  const offsets: number[] = [];
  let next = 0;
  sizes.forEach((size, index) => {
    if (!isLong(size)) return;
    offsets[index] = next;
    next += 4 * texelsOf(size);
  });
  sizes.forEach((size, index) => {
    if (isLong(size)) return;
    offsets[index] = next;
    next += size;
  });
  return { offsets, texels: Math.max(1, texelsOf(next)) };
}

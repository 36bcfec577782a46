import type { Reduction } from '@sinkhorn/core';
import { texelsOf } from '../layout.js';

/**
 * What has been gathered for a row so far, as it lies in a texture between two runs: the components of the value from the
 * first texel on, and two numbers more for the row, the largest score and the sum of weights, or the least score and its column.
 */
export interface State {
  /** Components of the value; 0 where there is none. */
  readonly size: number;
  /** Texels that hold the value. */
  readonly valueTexels: number;
  readonly texels: number;
  /** Where the two numbers more are, if there are any. */
  readonly shared?: { readonly texel: number; readonly channel: number };
}

export function stateOf({ kind, value }: Reduction): State {
  const size = value?.size ?? 0;
  const valueTexels = texelsOf(size);
  if (kind === 'sum') return { size, valueTexels, texels: valueTexels };
  if (size <= 2) return { size, valueTexels, texels: 1, shared: { texel: 0, channel: size } };
  return { size, valueTexels, texels: valueTexels + 1, shared: { texel: valueTexels, channel: 0 } };
}

/** How results lie in a texture before they are finished: the main one first, and the second one behind it. */
export function reducedOf({ kind, value }: Reduction): { readonly second?: number; readonly texels: number } {
  const size = value?.size ?? 1;
  if (!hasSecond({ kind })) return { texels: texelsOf(size) };
  return size <= 3 ? { second: size, texels: 1 } : { second: 4 * texelsOf(size), texels: texelsOf(size) + 1 };
}

export const hasSecond = ({ kind }: Pick<Reduction, 'kind'>): boolean => kind === 'softmaxMean' || kind === 'min';

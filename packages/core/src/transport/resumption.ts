import type { SinkhornOptions } from './options.js';

/**
 * How often sweeps are resumed where what they left shows in value or gradients. Raising it takes time where nothing is gained any more.
 * Chosen, not measured.
 */
export const MOST_RESUMPTIONS = 2;
/**
 * The share of the error asked for that a resumption is to leave. Raising it risks another resumption; lowering it makes each longer.
 * Chosen, not measured.
 */
const MARGIN = 1 / 2;

/** Options to go on with, where results are off by so many times what was asked for. */
export function finer<Options extends Pick<SinkhornOptions, 'tolerance' | 'largestChange'>>(
  options: Options,
  tolerance: number,
  excess: number,
): Options & { readonly tolerance: number } {
  const { largestChange } = options;
  const factor = Math.min(1, MARGIN / excess);
  return { ...options, tolerance: factor * tolerance, largestChange: largestChange && factor * largestChange };
}
